"""Values as people could send them, and what each means by tests/sites/scripts.yaml: read here a second time."""

import re
from typing import Any, Callable, NamedTuple

from hypothesis import strategies as st

# What Unicode calls white space, as the service trims it.
WHITE = "\t\n\x0b\x0c\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))

# What would be read as more than a value by a shell, by sbatch, by a template or by an eye.
ODD = [
    "\n", "\r", "\n#SBATCH --more=1", "\r\n#SBATCH --more=1", " --more=1", ";", "; true", "|", "&", "$HOME",
    "$(true)", "`true`", "'", '"', "\\", "\\n", "(", ")", "<", ">", "#", "{", "}", "{{", "}}", "{% if 1 %}", "%", "%j",
    "\0", "\x1b", "\x7f", "\x85", "\xa0", "\u2028", "\u2029", "\u202e", "\u2066", "\u200b", "\ufeff", "\u3000", "\ue000",
]  # fmt: skip
PLAIN = "abcXYZ0189_.-+/@:,=^äßжλ中"
LETTERS = st.text(st.sampled_from(PLAIN), min_size=1, max_size=8)

MODULES = {
    "python/3.12": [], "openmpi/5": ["gcc/14"], "gcc/14": [], "intel": [], "hdf5/1.14": ["openmpi/5"],
}  # fmt: skip
FEATURES = ["avx512", "nvme", "ib"]
IMAGES = ["quay.io/jupyter/base-notebook:2026", "quay.io/jupyter/scipy-notebook:2026"]


class Option(NamedTuple):
    """How it is written by people who mean well; what a value means in a script, or None; and its default there."""

    ordinary: st.SearchStrategy
    read: Callable[[Any], Any]
    default: str


class Reading(NamedTuple):
    words: dict
    faults: list


def number(text):
    return int(text) if isinstance(text, str) and re.fullmatch("[0-9]{1,15}", text) else None


def integer(least, most):
    def read(value):
        found = value if isinstance(value, int) and not isinstance(value, bool) else None
        found = number(value.strip(WHITE)) if isinstance(value, str) else found
        return str(found) if found is not None and least <= found <= most else None

    numbers = st.integers(least, most)
    return numbers | numbers.map(str) | numbers.map(lambda n: f" {n}"), read


def decimal(value):
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    text = value.strip(WHITE) if isinstance(value, str) else str(value)
    found = re.fullmatch(r"([0-9]{1,6})(?:\.([05]))?", text)
    if not found or not 1 <= (halves := int(found[1]) * 2 + (found[2] == "5")) <= 16:
        return None
    return f"{halves // 2}.5" if halves % 2 else str(halves // 2)


def memory(value):
    """In MiB, as Slurm reads it. A bare number is bytes."""
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        return None
    bare = isinstance(value, int)
    found = re.fullmatch("([0-9]{1,15})[" + WHITE + "]*(MiB|GiB|G|M)", f"{value}M" if bare else value.strip(WHITE))
    if not found:
        return None
    size = int(found[1]) << (0 if bare else 30 if found[2][0] == "G" else 20)
    return f"{size >> 20}M" if 1 << 30 <= size <= 64 << 30 and size % (1 << 20) == 0 else None


def duration(value):
    """As Slurm reads it. A bare number is seconds."""
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        return None
    if isinstance(value, int):
        seconds = value
    elif found := re.fullmatch("([0-9]{1,9})[" + WHITE + "]*(min|h)", value.strip(WHITE)):
        seconds = int(found[1]) * (60 if found[2] == "min" else 3600)
    else:
        return None
    if not 600 <= seconds <= 172_800 or seconds % 60:
        return None
    return f"{seconds // 86400}-{seconds // 3600 % 24:02}:{seconds // 60 % 60:02}:00"


def flag(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if value in ("true", "false") else None


def one_of(*choices):
    return lambda value: value if isinstance(value, str) and value in choices else None


def reservation(value):
    return value if isinstance(value, str) and re.fullmatch(r"[A-Za-z0-9_.-]{0,32}", value) else None


def note(*, script):
    """The site's pattern takes all of it: what is refused is refused by the service."""

    def read(value):
        if not isinstance(value, str) or len(value) > 60 or re.search("[{}%]", value):
            return None
        if any(not char.isprintable() for char in value):
            return None
        return None if script and re.search(r"""[\s"'`$&|;<>()#\\]""", value) else value

    return read


def several(choices, write):
    def read(value):
        items = value if isinstance(value, list) else [value] if isinstance(value, str) else None
        if items is None or not all(isinstance(item, str) for item in items):
            return None
        items = [item for item in items if item]
        if len(set(items)) < len(items) or not set(items) <= set(choices):
            return None
        return write([choice for choice in choices if choice in items])

    return read


def module_load(chosen):
    loaded = []

    def load(name):
        if name not in loaded:
            for needed in sorted(MODULES[name], key=list(MODULES).index):
                load(needed)
            loaded.append(name)

    for name in MODULES:
        if name in chosen:
            load(name)
    return " ".join(["module load", *loaded]) if loaded else ""


def modules(chosen):
    line = module_load(chosen)
    return None if "intel" in line.split() and "gcc/14" in line.split() else line


def some(items):
    return st.lists(st.sampled_from(items), unique=True, max_size=3)


HOURS = st.integers(1, 48).map(lambda n: f"{n}h") | st.integers(10, 600).map(lambda n: f"{n} min")
SIZES = st.integers(1, 64).map(lambda n: f"{n}GiB") | st.integers(1024, 65536).map(lambda n: f"{n}M")
HALVES = st.integers(1, 16).map(lambda n: f"{n / 2:g}")
FLAGS = st.sampled_from([True, False, "true", "false"])
WORDS = st.text(st.sampled_from(PLAIN), max_size=12)

SCRIPT = {
    "partition": Option(st.sampled_from(["debug", "long", "gpu"]), one_of("debug", "long", "gpu"), "debug"),
    "cores": Option(*integer(1, 64), "1"),
    "gpus": Option(*integer(0, 4), "0"),
    "share": Option(HALVES, decimal, "1"),
    "memory": Option(SIZES, memory, "2048M"),
    "walltime": Option(HOURS, duration, "0-01:00:00"),
    "exclusive": Option(FLAGS, flag, "false"),
    "reservation": Option(st.text(st.sampled_from("abcXYZ019_.-"), max_size=32), reservation, ""),
    "note": Option(WORDS, note(script=True), ""),
    "features": Option(some(FEATURES), several(FEATURES, ",".join), ""),
    "modules": Option(some(["python/3.12", "openmpi/5", "gcc/14", "hdf5/1.14"]), several(MODULES, modules), ""),
}
LOCAL = {
    **{key: SCRIPT[key] for key in ("cores", "share", "memory", "exclusive")},
    "remark": Option(WORDS | st.sampled_from(["a b", "$HOME", "`true`"]), note(script=False), ""),
}
POD = {
    **{key: SCRIPT[key] for key in ("partition", "gpus", "share", "memory")},
    "remark": LOCAL["remark"],
    "image": Option(st.sampled_from(IMAGES), one_of(*IMAGES), IMAGES[0]),
}


def hostile(option):
    """Something ordinary with something odd in it or around it, or nothing of the kind at all."""
    odd = st.sampled_from(ODD)
    ordinary = option.ordinary.map(lambda value: value if isinstance(value, str) else "1")
    texts = st.tuples(ordinary, odd, LETTERS | st.just(""))
    joined = texts.map("".join) | texts.map(lambda parts: "".join(reversed(parts)))
    other = st.sampled_from([None, 1.25, 10**30, -1, [], {}, [[]], {"a": 1}, [1], "", "x" * 1000, [""], "NaN", "1e3"])
    listed = st.lists(joined, min_size=1, max_size=3)
    return joined | odd | other | listed


def hostile_or_not(options):
    """Values for some of `options`, most of them ordinary."""

    def of(key):
        return st.integers(0, 7).flatmap(lambda n: hostile(options[key]) if n == 0 else options[key].ordinary)

    return st.lists(st.sampled_from(list(options)), unique=True, max_size=6).flatmap(
        lambda keys: st.fixed_dictionaries({key: of(key) for key in keys})
    )


def read_all(options, values):
    read = {key: options[key].read(value) for key, value in values.items()}
    words = {key: word for key, word in read.items() if word is not None}
    return Reading(words, [key for key in read if key not in words])
