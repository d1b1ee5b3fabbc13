"""Settings by the names of the previous release -> the same settings by their current names."""

from collections.abc import Mapping

Settings = dict[str, object]  # as TOML gives them: sections are objects by name
UNTIL = "the old name works in this release only"

RENAMED: Mapping[tuple[str, str], str] = {
    ("topics", "known"): "seeded",
    ("topics", "refits"): "resamples",
    ("corpus", "same_work"): "deduplication",
}
RENAMED_VALUES: Mapping[tuple[str, str], Mapping[str, str]] = {
    ("clusterer", "method"): {"capped": "max_cluster_size"},
}


def rename_old_settings(settings: Mapping[str, object]) -> tuple[Settings, list[str]]:
    """The settings under current names, and one notice for each old name. Where both are set, the current one wins."""
    renamed = dict(settings)
    notices = []
    for (section, old), new in RENAMED.items():
        inside = renamed.get(section)
        if isinstance(inside, dict) and old in inside:
            notices.append(f"{section}.{old} is now called {section}.{new}; {UNTIL}")
            renamed[section] = {new: inside[old]} | {key: value for key, value in inside.items() if key != old}
    for (section, key), values in RENAMED_VALUES.items():
        inside = renamed.get(section)
        value = inside.get(key) if isinstance(inside, dict) else None
        if isinstance(inside, dict) and isinstance(value, str) and value in values:
            notices.append(f'{section}.{key} = "{value}" is now called "{values[value]}"; {UNTIL}')
            renamed[section] = {**inside, key: values[value]}
    return renamed, notices
