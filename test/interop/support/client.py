"""What real conda clients do, on the word of one JSON document on standard input; answers with one on standard output."""

import asyncio
import hashlib
import json
import os
import pathlib
import sys


def rattler_client(config_text):
    from rattler import Client, Config

    return Client.from_config(Config.from_toml(config_text or ""), max_retries=0)


async def install(ask):
    """Solves with rattler's resolver and installs with its installer."""
    from rattler import Gateway, Subdir, solve
    from rattler import install as install_records

    client = rattler_client(ask.get("config"))
    cache = pathlib.Path(ask["cache"])
    gateway = Gateway(cache_dir=cache / "repodata", client=client)
    records = await solve(
        sources=ask["channels"],
        specs=ask["specs"],
        gateway=gateway,
        platforms=["linux-64", "noarch"],
        virtual_packages=[],
    )
    await install_records(
        records,
        target_prefix=ask["prefix"],
        cache_dir=cache / "pkgs",
        platform=Subdir("linux-64"),
        client=client,
        show_progress=False,
    )
    return [
        {"file": r.file_name, "url": r.url, "sha256": r.sha256.hex(), "md5": r.md5 and r.md5.hex()}
        for r in records
    ]


def stream_info(ask):
    """conda-package-streaming reads the insides of a package over HTTP, by ranges where it can."""
    from conda_package_streaming.url import conda_reader_for_url
    from conda_package_streaming.package_streaming import stream_conda_component

    name, conda = conda_reader_for_url(ask["url"])
    for tar, member in stream_conda_component(name, conda, component="info"):
        if member.name == "info/index.json":
            return json.load(tar.extractfile(member))
    return None


def extract(ask):
    """conda-package-handling fetches nothing: the archive comes by Python's own client, and is opened by conda's."""
    import requests
    from conda_package_handling import api

    target = pathlib.Path(ask["folder"])
    target.mkdir(parents=True)
    archive = target / ask["url"].rsplit("/", 1)[1]
    answer = requests.get(ask["url"], timeout=60)
    answer.raise_for_status()
    archive.write_bytes(answer.content)
    api.extract(str(archive), str(target / "out"))
    return {
        "sha256": hashlib.sha256(answer.content).hexdigest(),
        "files": sorted(str(p.relative_to(target / "out")) for p in (target / "out").rglob("*") if p.is_file()),
    }


def mirror_push(ask):
    """The mirror's own writer pushes a folder of packages, and then the folder's repodata.json."""
    from conda_oci_mirror.mirror import Mirror
    from conda_oci_mirror.repo import PackageRepo

    mirror = Mirror(
        channel=ask["channel"], packages=[], subdirs=[ask["subdir"]], registry=ask["registry"],
        cache_dir=ask["cache"], workers=2, timeout=0,
    )
    mirror.push_all()
    folder = os.path.join(ask["cache"], ask["channel"], ask["subdir"])
    repo = PackageRepo(
        ask["channel"], ask["subdir"], folder, mirror.registry, client=mirror.client, mirror_shards=False
    )
    repo.ensure_timestamp()
    repo.upload(folder)
    return {"errors": mirror.errors}


def mirror_pull(ask):
    """The mirror's own reader fetches the latest of everything that a channel's repodata lists."""
    from conda_oci_mirror.mirror import Mirror

    mirror = Mirror(
        channel=ask["channel"], packages=[], subdirs=[ask["subdir"]], registry=ask["registry"],
        cache_dir=ask["cache"], workers=2, timeout=0,
    )
    mirror.pull_latest()
    folder = pathlib.Path(ask["cache"]) / ask["channel"] / ask["subdir"]
    files = [p for p in folder.rglob("*") if p.is_file()]
    return {
        "errors": mirror.errors,
        "files": {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in files},
    }


def mirror_read(ask):
    """The mirror's own reader of one package: its index.json, the names in its info layer, its archive."""
    from conda_oci_mirror.repo import PackageRepo

    repo = PackageRepo(ask["channel"], ask["subdir"], ask["cache"], ask["registry"], mirror_shards=False)
    with repo.get_info(ask["package"]) as info:
        members = info.getnames()
    archive = pathlib.Path(repo.get_package(ask["package"]))
    return {
        "index": repo.get_index_json(ask["package"]),
        "members": members,
        "archive": hashlib.sha256(archive.read_bytes()).hexdigest(),
    }


def conda_index(ask):
    """conda's own indexer makes the metadata of a folder of packages, and answers with all of them by path."""
    stand_in_for_conda()
    from conda_index.index import ChannelIndex

    root = pathlib.Path(ask["folder"])
    # One thread: several would be processes, which know nothing of the stand-in.
    index = ChannelIndex(root, channel_name=root.name, threads=1, write_run_exports=True, write_current_repodata=False)
    index.index(patch_generator=None)
    index.update_channeldata(rss=False)
    found = [p for p in root.rglob("*.json") if ".cache" not in p.parts]
    return {str(p.relative_to(root)): json.loads(p.read_text()) for p in found}


def stand_in_for_conda():
    """PyPI has no conda. All that the indexer takes from it is the order of versions, which is rattler's, and names of subdirs."""
    import types

    from rattler import Version

    members = {
        "conda.models.version": {"VersionOrder": Version},
        "conda.base.constants": {"PLATFORM_DIRECTORIES": ("noarch", "linux-64", "osx-64", "osx-arm64", "win-64")},
    }
    for name in ("conda", "conda.base", "conda.models", *members):
        module = types.ModuleType(name)
        module.__path__ = []
        module.__dict__.update(members.get(name, {}))
        sys.modules[name] = module


def main():
    ask = json.load(sys.stdin)
    answer_to = os.dup(1)
    # The tools chat on standard output; the answer stands there alone.
    os.dup2(2, 1)
    done = globals()[ask.pop("do")](ask)
    if asyncio.iscoroutine(done):
        done = asyncio.run(done)
    with os.fdopen(answer_to, "w") as out:
        json.dump(done, out)
    # rattler's threads may still let go of Python objects while the interpreter goes down, which then aborts: leave at once.
    os._exit(0)


if __name__ == "__main__":
    main()
