"""The fields of a job file, from `descent job schema`."""

import json
import subprocess

HEAD = """# Job file: all fields

Generated from `descent job schema` by `./dev docs`. What fields mean together, and their defaults, is in
[job_file.md](../job_file.md); a field that is not here is refused. Of a group of fields *one* of which is
to be given, each is marked with ◦.
"""


def anchor(name):
    return f"[`{name}`](#{name.lower()})"


def type_text(schema):
    """What may stand there, in a few words."""
    if "$ref" in schema:
        return anchor(schema["$ref"].rpartition("/")[2])
    if "const" in schema:
        return f"`{schema['const']}`"
    if "enum" in schema:
        return ", ".join(f"`{word}`" for word in schema["enum"])
    if "anyOf" in schema:
        return " or ".join(type_text(form) for form in schema["anyOf"])
    if "pattern" in schema:
        return "a time, such as `90s` or `2h`"
    kind = schema.get("type")
    if kind == "array":
        return f"list of {type_text(schema['items'])}"
    if kind == ["string", "number", "boolean"]:
        return "text"
    return {"integer": "whole number", "number": "number", "boolean": "`true`, `false`",
            "object": "fields"}[kind]


def mapping_of(schema):
    """The form of fields among those that the value may have, or None."""
    forms = schema.get("anyOf", [schema])
    return next((form for form in forms if form.get("type") == "object"), None)


def fields_table(mapping):
    of_a_group = {choice["required"][0] for group in mapping.get("allOf", [])
                  for choice in group["oneOf"]}
    rows = ["| field | is | |", "| --- | --- | --- |"]
    for name, schema in mapping["properties"].items():
        mark = " ◦" if name in of_a_group else ""
        said = schema.get("description", "").replace("|", "\\|")
        rows.append(f"| `{name}`{mark} | {type_text(schema)} | {said} |")
    return "\n".join(rows)


def section(name, schema):
    lines = [f"## {name}"]
    if "description" in schema:
        lines.append(schema["description"])
    mapping = mapping_of(schema)
    if mapping is not None:
        if mapping["properties"]:
            lines.append(fields_table(mapping))
        others = [form for form in schema.get("anyOf", []) if form is not mapping]
        if others:
            lines.append("Also " + ", or ".join(type_text(form) for form in others) + ".")
    else:
        lines.append("One of " + type_text(schema) + ".")
    return "\n\n".join(lines)


def text(programs):
    schema = json.loads(subprocess.run([programs / "descent", "job", "schema"], check=True,
                                       capture_output=True, text=True).stdout)
    sections = [HEAD.rstrip(), section("The file", {key: value for key, value in schema.items()
                                                    if key not in ("title", "$defs")})]
    sections += [section(name, definition) for name, definition in schema["$defs"].items()]
    return "\n\n".join(sections) + "\n"
