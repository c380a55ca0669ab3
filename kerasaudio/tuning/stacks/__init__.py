"""tuning/stacks"""
