# SPDX-License-Identifier: Apache-2.0
"""The documents under `deploy/` and `k8s/` hold together: well formed, complete, free of secrets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import typer
import yaml
from typer.core import TyperGroup
from typer.exceptions import TyperException

from weirhouse.cli.app import build
from weirhouse.settings import PREFIX, PRODUCTION_NEEDS, Settings

ROOT = Path(__file__).parents[2]
KUBERNETES = "1.34"
MANIFESTS = sorted(path for path in (ROOT / "k8s").rglob("*.yaml") if path.name != "kustomization.yaml")


def documents(path: Path) -> Iterator[dict[str, Any]]:
    yield from (document for document in yaml.safe_load_all(path.read_text()) if document)


def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "deploy/compose.yaml").read_text())
    return loaded


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.name)
def test_manifests_pass_the_published_schema(path: Path) -> None:
    found = list(documents(path))
    assert found
    for document in found:
        kubernetes_validate.validate(document, KUBERNETES, strict=True)


def test_a_wrong_manifest_is_refused() -> None:
    document = next(documents(ROOT / "k8s/base/api.yaml"))
    document["spec"]["replicas"] = "two"
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(document, KUBERNETES, strict=True)


def test_kustomization_lists_every_manifest() -> None:
    listed = yaml.safe_load((ROOT / "k8s/base/kustomization.yaml").read_text())["resources"]
    assert sorted(listed) == sorted(path.name for path in (ROOT / "k8s/base").glob("*.yaml") if path in MANIFESTS)


def test_no_secret_stands_in_a_manifest() -> None:
    kinds = {document["kind"] for path in MANIFESTS for document in documents(path)}
    assert "Secret" not in kinds
    for path in [*MANIFESTS, ROOT / "deploy/compose.yaml"]:
        assert not re.search(r"(?i)(password|secret|key)\w*:\s*[a-z0-9+/]{16,}", path.read_text()), path


def test_every_setting_named_exists() -> None:
    known = {f"WEIRHOUSE_{name.upper()}" for name in Settings.model_fields}
    for path in [*MANIFESTS, ROOT / "deploy/compose.yaml", ROOT / "deploy/images/Dockerfile"]:
        text = re.sub(r"^\s*#.*$", "", path.read_text(), flags=re.MULTILINE)
        assert set(re.findall(r"WEIRHOUSE_[A-Z0-9_]+", text)) <= known, path


def _commands() -> Iterator[tuple[str, list[str]]]:
    """Every command line that a document under `deploy/` or `k8s/` gives an image, and those its comments name."""
    for name, service in compose()["services"].items():
        if service.get("image") == "weirhouse:dev":
            yield f"compose {name}", service["command"]
    for path in MANIFESTS:
        for document in documents(path):
            pod = document.get("spec", {}).get("template", {}).get("spec", {})
            for container in [*pod.get("initContainers", []), *pod.get("containers", [])]:
                if container["image"] == "weirhouse":
                    yield f"{path.name} {container['name']}", container["args"]
    for path in [*MANIFESTS, ROOT / "deploy/compose.yaml", ROOT / "deploy/README.md", *(ROOT / "docs").rglob("*.md")]:
        for words in re.findall(r"(?:`|tools )(weirhouse [a-z][^`\n|]*)", path.read_text()):
            yield f"{path.name}: {words}", [word for word in words.replace("…", "").split() if "[" not in word]


def _refusal(argv: list[str]) -> str:
    """Parse the command line as the real program does, without running it; return why it is refused."""
    module, *arguments = argv
    if module in ("streams", "api"):
        return "" if not arguments and (ROOT / module / "__main__.py").exists() else f"no such module {argv}"
    assert module == "weirhouse", argv
    command: Any = typer.main.get_command(build())
    try:
        while isinstance(command, TyperGroup):
            name, command, arguments = command.resolve_command(typer.Context(command), arguments)
            assert name
            if not arguments and isinstance(command, TyperGroup):
                return ""
        command.make_context("weirhouse", list(arguments))
    except TyperException as error:
        return "" if "Missing argument" in error.format_message() else error.format_message()
    return ""


@pytest.mark.parametrize(("where", "argv"), [pytest.param(*pair, id=pair[0]) for pair in _commands()])
def test_every_command_in_a_document_is_one_that_the_program_has(where: str, argv: list[str]) -> None:
    # `list|show|redrive` in a sentence stands for each of them.
    choices = [word.split("|") for word in argv]
    for each in product(*choices):
        assert _refusal(list(each)) == "", where


def test_an_unknown_command_or_option_is_found() -> None:
    for wrong in (["weirhouse", "link", "create"], ["weirhouse", "topics", "--all"], ["weirhouse", "toppics"]):
        assert _refusal([*wrong, "--role", "x"]) != ""
    assert _refusal(["weirhouse", "topics", "--make"]) == ""


def test_topics_are_made_before_the_processes_start() -> None:
    making = [argv for _, argv in _commands() if argv[:2] == ["weirhouse", "topics"] and "--make" in argv]
    assert len(making) >= 2


def test_the_image_is_for_production_unless_told_otherwise() -> None:
    image = (ROOT / "deploy/images/Dockerfile").read_text()
    assert re.search(r"\bWEIRHOUSE_ENV=production\b", image)
    house = compose()["services"]["api"]["environment"]
    assert (house["WEIRHOUSE_ENV"], house["WEIRHOUSE_DEV_ISSUER_OPEN"]) == ("development", "true")
    # Every process of the house that needs keys finds the same ones in the volume.
    for name in ("api", "streams", "relay"):
        assert compose()["services"][name]["volumes"] == ["state:/var/lib/weirhouse"]


def test_the_cluster_is_told_everything_that_production_needs() -> None:
    path = ROOT / "k8s/base/config.yaml"
    plain = set(next(documents(path))["data"])
    secret = set(re.findall(r"^#   (WEIRHOUSE_[A-Z_]+)", path.read_text(), flags=re.MULTILINE))
    needed = {f"{PREFIX}{name.upper()}" for name in PRODUCTION_NEEDS}
    assert needed <= plain | secret
    assert not plain & secret
    assert secret <= {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}


def test_compose_services_depend_on_services_and_volumes_that_exist() -> None:
    document = compose()
    services, volumes = document["services"], document["volumes"]
    for name, service in services.items():
        for other, condition in service.get("depends_on", {}).items():
            assert other in services, (name, other)
            if condition["condition"] == "service_healthy":
                assert "healthcheck" in services[other], (name, other)
        for mount in service.get("volumes", []):
            source = mount.split(":")[0]
            assert source in volumes or (ROOT / "deploy" / source).exists(), (name, mount)


def test_compose_publishes_on_loopback_only() -> None:
    ports = [port for service in compose()["services"].values() for port in service.get("ports", [])]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_the_image_copies_what_exists() -> None:
    for line in (ROOT / "deploy/images/Dockerfile").read_text().splitlines():
        match = re.match(r"COPY (?!--from)(.+) \S+$", line)
        for source in match.group(1).split() if match else []:
            assert (ROOT / source).exists(), source
