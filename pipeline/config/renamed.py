"""Settings under their names of the release before -> the same settings under their names of this one."""

from collections.abc import Mapping

Settings = dict[str, object]

RENAMED: Mapping[tuple[str, str], str] = {
    ("topics", "known"): "seeded",
    ("topics", "refits"): "resamples",
    ("corpus", "same_work"): "deduplication",
}
RENAMED_VALUES: Mapping[tuple[str, str], Mapping[str, str]] = {
    ("clusterer", "method"): {"capped": "max_cluster_size"},
}


def rename_old_settings(settings: Settings) -> tuple[Settings, list[str]]:
    """The settings, sections by name, and a line on each that had an old name. A new name that is there wins."""
    renamed = dict(settings)
    notices = []
    for (section, old), new in RENAMED.items():
        inside = renamed.get(section)
        if isinstance(inside, dict) and old in inside:
            notices.append(f"{section}.{old} is called {section}.{new} now; the old name works in this release only")
            renamed[section] = {new: inside[old]} | {key: value for key, value in inside.items() if key != old}
    for (section, key), values in RENAMED_VALUES.items():
        inside = renamed.get(section)
        value = inside.get(key) if isinstance(inside, dict) else None
        if isinstance(inside, dict) and isinstance(value, str) and value in values:
            notices.append(f'{section}.{key} = "{value}" is called "{values[value]}" now; the old value works in this'
                           " release only")  # fmt: skip
            renamed[section] = {**inside, key: values[value]}
    return renamed, notices
