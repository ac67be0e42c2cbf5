# SPDX-License-Identifier: Apache-2.0
"""The documents under `deploy/` and `k8s/` hold together: well formed, complete, free of secrets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from weirhouse.settings import Settings

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
