"""The OpenAPI document of a server, held against what the server really answers."""
import json
import re
from collections import defaultdict
from datetime import datetime

import jsonschema

METHODS = ("get", "post", "delete")


class Broken(Exception):
    pass


def ask(condition, text):
    if not condition:
        raise Broken(text)


def formats():
    """RFC 3339 in UTC, whatever else this machine's jsonschema knows."""
    checker = jsonschema.FormatChecker(())

    @checker.checks("date-time", ValueError)
    def _(text):
        if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", text):
            raise ValueError(text)
        return datetime.strptime(text[:19], "%Y-%m-%dT%H:%M:%S") is not None

    return checker


class Operation:
    """One method of one path."""
    def __init__(self, method, pattern, said):
        self.method, self.pattern, self.said = method, pattern, said
        self.name = f"{method} {pattern}"
        self.names = re.findall(r"{(\w+)}", pattern)
        parts = (re.escape(part) if not part.startswith("{") else "[^/]+" for part in pattern.split("/"))
        self.path = re.compile("/".join(parts))

    @property
    def scopes(self):
        return [scope for way in self.said["security"] for scopes in way.values() for scope in scopes]

    @property
    def good(self):
        """The status where all is well."""
        return min(int(status) for status in self.said["responses"])

    @property
    def takes_a_body(self):
        return "requestBody" in self.said

    def path_with(self, value):
        return re.sub(r"{\w+}", value, self.pattern)


class Document:
    def __init__(self, said):
        self.said = said
        self.operations = [Operation(method.upper(), pattern, path[method])
                           for pattern, path in said["paths"].items() for method in METHODS if method in path]
        self.met = defaultdict(set)  # statuses of an operation's name
        self.formats = formats()
        for operation in self.operations:
            for status in operation.said["responses"]:
                for body in self.response(operation, status).get("content", {}).values():
                    jsonschema.Draft202012Validator.check_schema(body["schema"])

    def response(self, operation, status):
        """What the document says of an answer; nothing where it does not know it."""
        response = operation.said["responses"].get(str(status))
        if response is not None and "$ref" in response:
            response = self.said
            for step in operation.said["responses"][str(status)]["$ref"].removeprefix("#/").split("/"):
                response = response[step]
        return response

    def operation(self, method, path):
        path = path.partition("?")[0]
        known = [each for each in self.operations if each.method == method and each.path.fullmatch(path)]
        return min(known, key=lambda each: len(each.names), default=None)

    def hold(self, method, path, answer):
        """Whether an answer of the server is one that its document knows; what nobody serves is answered with an error."""
        operation = self.operation(method, path)
        if operation is None:
            ask(answer.status in (404, 405), f"{method} {path} is not in the document, and was answered {answer.status}")
            return
        about = f"{operation.name} was answered {answer.status}"
        response = self.response(operation, answer.status)
        ask(response is not None, f"{about}, which its document does not know: {answer.body[:200]}")
        self.met[operation.name].add(answer.status)
        for name, header in response.get("headers", {}).items():
            ask(not header["required"] or answer.headers[name] is not None, f"{about} without {name}")
        content = response.get("content", {})
        if not content:
            ask(answer.body == "", f"{about} with a body: {answer.body[:200]}")
            return
        kind = answer.headers.get_content_type()
        ask(kind in content, f"{about} as {kind}, which is none of {', '.join(content)}")
        self.hold_body(about, kind, answer.body, content[kind]["schema"])

    def hold_body(self, about, kind, body, schema):
        if kind == "text/html":
            ask(body.lower().startswith("<!doctype html"), f"{about} with no page: {body[:200]}")
        if kind == "text/event-stream":
            ask(all(line == "" or line.startswith(("id: ", "data: ", ":")) for line in body.split("\n")),
                f"{about} with no events: {body[:200]}")
        value = json.loads(body) if kind == "application/json" else body
        for error in jsonschema.Draft202012Validator(schema, format_checker=self.formats).iter_errors(value):
            raise Broken(f"{about} with what its schema does not allow: {'/'.join(map(str, error.path))}: {error.message[:300]}")

    def never(self, status_of):
        """Names of the operations that did not answer with the status that `status_of` wants of them."""
        return [each.name for each in self.operations if status_of(each) not in self.met[each.name]]

    def statuses_met(self):
        return set().union(*self.met.values())
