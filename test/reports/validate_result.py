#!/usr/bin/env python3
"""Holds result.json files against docs/result.schema.json with an independent validator.

usage: validate_result.py SCHEMA RESULT...
"""
import json
import sys

import jsonschema


def main():
    schema = json.load(open(sys.argv[1], encoding='utf-8'))
    jsonschema.Draft202012Validator.check_schema(schema)
    schema.pop('$id', None)  # Debian's validator would try to fetch '#/$defs/...' below that name
    validator = jsonschema.Draft202012Validator(schema)
    failures = 0
    for path in sys.argv[2:]:
        result = json.load(open(path, encoding='utf-8'))
        for error in validator.iter_errors(result):
            place = '/'.join(str(part) for part in error.absolute_path)
            print(f'{path}: {place}: {error.message}', file=sys.stderr)
            failures += 1
    return 1 if failures else 0


sys.exit(main())
