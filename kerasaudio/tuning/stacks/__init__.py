"""Many small dense models that train together, as one compiled program.

Up to 32 trials form a stack with weights of shape `(trials, inputs, units)`; narrower ones are
padded with units of weight 0. A CPU's core trains a member after the other, a GPU all at once.
A trial begins with the weights and sees the batches that it would have alone; only its dropout
masks are others. Stacks train side by side, a core each, while the next trials are drawn.
"""
