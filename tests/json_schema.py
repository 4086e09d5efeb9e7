"""Reports against gpuspy-json.schema.json, the doctor's against gpuspy-doctor.schema.json, by as much of JSON Schema as that file uses."""

import json
import os

SOURCE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SCHEMA_FILE = os.path.join(SOURCE, "tools", "man", "gpuspy-json.schema.json")
with open(SCHEMA_FILE, encoding="utf-8") as _file:
    SCHEMA = json.load(_file)
DOCTOR_FILE = os.path.join(SOURCE, "tools", "man", "gpuspy-doctor.schema.json")
with open(DOCTOR_FILE, encoding="utf-8") as _file:
    DOCTOR = json.load(_file)

TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}
WORDS = {"$schema", "$ref", "title", "description", "definitions", "type", "properties", "required",
         "additionalProperties", "items", "enum", "const", "minimum"}


def has_type(value, kind):
    if kind in ("integer", "number"):
        return not isinstance(value, bool) and isinstance(
            value, int if kind == "integer" else (int, float))
    return isinstance(value, TYPES[kind])


def faults(value, schema=None, where="report"):
    """What is wrong, one line each."""
    schema = SCHEMA if schema is None else schema
    if "$ref" in schema:
        schema = SCHEMA["definitions"][schema["$ref"].rpartition("/")[2]]
    unknown = set(schema) - WORDS
    if unknown:
        raise ValueError(f"{where}: this validator does not know {unknown}")
    kinds = schema.get("type", [])
    kinds = kinds if isinstance(kinds, list) else [kinds]
    if kinds and not any(has_type(value, kind) for kind in kinds):
        return [f"{where} is {value!r}, no {' or '.join(kinds)}"]
    found = []
    if "const" in schema and value != schema["const"]:
        found.append(f"{where} is {value!r}, not {schema['const']!r}")
    if "enum" in schema and value not in schema["enum"]:
        found.append(f"{where} is {value!r}, none of {schema['enum']}")
    if "minimum" in schema and value is not None and value < schema["minimum"]:
        found.append(f"{where} is {value!r}, less than {schema['minimum']}")
    if isinstance(value, dict) and "properties" in schema:
        members = schema["properties"]
        found += [f"{where} lacks {name}" for name in schema["required"] if name not in value]
        for name, member in value.items():
            if name in members:
                found += faults(member, members[name], f"{where}.{name}")
            elif schema["additionalProperties"] is False:
                found.append(f"{where}.{name} is in no documentation")
    if isinstance(value, list) and "items" in schema:
        for i, item in enumerate(value):
            found += faults(item, schema["items"], f"{where}[{i}]")
    return found


def member_names(schema=None):
    """All names of members, at every level."""
    schema = SCHEMA if schema is None else schema
    names = set(schema.get("properties", {}))
    for part in list(schema.get("properties", {}).values()) + list(
            schema.get("definitions", {}).values()) + [schema.get("items", {})]:
        if part:
            names |= member_names(part)
    return names
