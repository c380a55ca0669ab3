"""MagnaTagATune: vocabularies and splits against published counts, a real clip against librosa."""

import csv
from collections import Counter

import numpy as np
import pytest

from kerasaudio.data.magnatagatune import SAMPLES, MagnaTagATune
from kerasaudio.data.magnatagatune_protocols import PROTOCOLS, UNREADABLE, members
from kerasaudio.data.magnatagatune_tags import FILE, SYNONYMS, TAGS, read_annotations
from kerasaudio.data.sound.read import sixteen_bit

# Train (parts 0 to b), validation (c) and test (d to f); train counts the three unreadable clips.
MERGED_COUNTS = """ambient 1340/108/508, baroque 242/15/40, bass 261/30/46, beat 1541/180/402,
cello 491/64/20, chant 228/6/78, choir 567/11/213, classical 3360/276/722, country 418/56/67,
dance 434/62/153, drum 1959/198/541, eastern 311/43/52, electro 2008/205/551, fast 1628/200/503,
female 1486/62/519, flute 825/46/164, folk 179/23/41, foreign 200/7/68, guitar 3476/509/876,
hard 178/38/107, harp 418/64/141, harpsichord 885/44/194, heavy 331/62/190, india 1078/150/174,
jazz 411/24/120, loud 738/75/273, male 1566/175/428, modern 258/20/49, new age 470/32/148,
no beat 164/14/64, no piano 231/22/71, no singer 1848/187/515, opera 875/50/373,
orchestra 246/7/43, piano 1491/98/467, pop 744/55/196, quiet 766/55/251, rock 1571/236/564,
singer 928/73/307, sitar 670/154/102, slow 2492/249/806, soft 687/49/249, solo 596/71/159,
strange 443/48/149, string 2170/258/414, synth 1287/114/333, techno 2104/252/598,
trance 172/22/59, violin 1510/154/243, vocal 1985/154/674"""


@pytest.fixture(scope="module")
def real(real_data):
    """The real annotations as a table of their own reader, and the file."""
    path = real_data / "magnatagatune" / FILE
    if not path.is_file():
        pytest.skip("needs MagnaTagATune's annotations")
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    return path, rows


def frequencies(rows, synonyms):
    """How many rows have each tag, where any of a tag's synonyms is the tag."""
    joined = {other: tag for tag, others in synonyms.items() for other in others}
    held = Counter()
    for row in rows:
        held.update(
            {
                joined.get(tag, tag)
                for tag, value in row.items()
                if value == "1" and tag != "clip_id"
            }
        )
    return held


@pytest.mark.parametrize(("vocabulary", "synonyms"), [("merged", SYNONYMS), ("top50", {})])
def test_a_vocabulary_is_the_fifty_most_frequent_tags(real, vocabulary, synonyms):
    most = [tag for tag, _ in frequencies(real[1], synonyms).most_common(50)]
    assert TAGS[vocabulary] == tuple(sorted(most))


def test_merged_tags_have_their_published_counts(real):
    found = read_annotations(real[0], "merged")
    parts = np.array([clip[0] for clip in found.clips])
    each = [np.isin(parts, list(members)) for members in ("0123456789ab", "c", "def")]
    for number, (tag, line) in enumerate(
        zip(TAGS["merged"], MERGED_COUNTS.split(","), strict=True)
    ):
        counts = "/".join(str(found.truth[rows, number].sum()) for rows in each)
        assert f"{tag} {counts}" == line.strip()


@pytest.mark.parametrize(
    ("split", "tags", "sizes"),
    [
        ("12-1-3", "merged", (15_425, 1_538, 4_392)),
        ("13-3", "merged", (16_963, 4_392, 4_392)),
        ("clean", "top50", (15_247, 1_529, 4_332)),
        ("all", "top50", (18_706, 1_825, 5_329)),
        ("all", "merged", (18_706, 1_825, 5_329)),
    ],
)
def test_protocols_have_their_published_sizes(real, split, tags, sizes):
    data = MagnaTagATune(split=split, tags=tags)
    annotations = read_annotations(real[0], tags)
    parts = Counter(annotations.clips[row][0] for row in members(annotations, data.split))
    chosen = PROTOCOLS[split]
    assert (
        tuple(
            sum(parts[part] for part in side) for side in (chosen.train, chosen.valid, chosen.test)
        )
        == sizes
    )
    assert tags in data.protocol and split in data.protocol


def test_the_papers_example_clips_have_their_tags(real):
    found = read_annotations(real[0], "merged")
    held = {
        clip: {tag for tag, value in zip(TAGS["merged"], row, strict=True) if value}
        for clip, row in zip(found.clips, found.truth, strict=True)
        if "evil_grid-349-378" in clip
        or "south_by_southwest_compilation-03" in clip
        and clip.endswith("-0-29")
    }
    assert sorted(map(sorted, held.values())) == [["guitar"], ["no piano"]]
    assert set(UNREADABLE) <= set(found.numbers)


def test_the_real_clip_is_what_librosa_decodes(real_data):
    import librosa

    path = next((real_data / "magnatagatune").glob("?/*.mp3"))
    with_librosa = librosa.load(path, sr=12_000)[0]
    found = sixteen_bit(path, 12_000, SAMPLES)
    assert np.abs(found[: len(with_librosa)] / 32_768 - with_librosa).max() <= 0.5 / 32_768 + 1e-7
    assert 0 < SAMPLES - len(with_librosa) < 20 and not found[len(with_librosa) :].any()
