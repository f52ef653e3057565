"""Orthanc, a real archive (PACS), on this machine: where it is, how it starts.

It takes files from programs of this machine only, whose names it knows: it can't be told an
address to listen on.
"""

import json
import os
import shutil
from pathlib import Path

from infrastructure.local.errors import SetupError
from infrastructure.local.plan import Plan
from infrastructure.local.supervision.ports import HOST

AE_TITLE = "DISCAI"
#: Names by which programs that send files call themselves, unless told otherwise.
SENDERS = ("STORESCU", "DCMSEND", "PYNETDICOM", "GDCMSCU", "DICOMSEND")
PROGRAMS = (Path("/usr/sbin/Orthanc"), Path("/usr/local/sbin/Orthanc"))
PLUGIN_FOLDERS = (Path("/usr/share/orthanc/plugins"), Path("/usr/local/share/orthanc/plugins"))
PLUGIN = "libOrthancDicomWeb.so"
#: Of a series nothing has come for so long when Orthanc says that it is whole.
STABLE_SECONDS = 2


def find_orthanc() -> tuple[Path, Path]:
    """Orthanc and its DICOMweb plugin; raises `SetupError` saying how to get them."""
    found = shutil.which("Orthanc")
    programs = [Path(found)] if found else [each for each in PROGRAMS if each.is_file()]
    folders = [Path(named)] if (named := os.environ.get("ORTHANC_PLUGINS")) else PLUGIN_FOLDERS
    plugins = [each for folder in folders if (each := folder / PLUGIN).exists()]
    if not programs or not plugins:
        raise SetupError(
            "PACS=1 needs Orthanc and its DICOMweb plugin (Debian: apt install orthanc "
            "orthanc-dicomweb, and stop the service that starts with it: systemctl disable --now "
            "orthanc)."
        )
    return programs[0], plugins[0]


def orthanc_command(plan: Plan) -> list[str]:
    """Command that runs Orthanc, whose settings are written with it."""
    program, plugin = find_orthanc()
    plan.orthanc.mkdir(parents=True, exist_ok=True)
    file = plan.orthanc / "orthanc.json"
    file.write_text(json.dumps(settings(plan, plugin), indent=2), encoding="utf-8")
    return [str(program), str(file)]


def settings(plan: Plan, plugin: Path) -> dict[str, object]:
    """The settings of Orthanc.

    HTTP is answered to this machine alone, wherever the page is shown: it asks nobody for a
    password. Files are taken from others as well where the cloud listens to other machines.
    """
    data = str(plan.orthanc / "data")
    of_this_machine = plan.listen_host == HOST
    return {
        "Name": "DiscAI",
        "StorageDirectory": data,
        "IndexDirectory": data,
        "Plugins": [str(plugin)],
        "HttpPort": plan.ports["orthanc"],
        "RemoteAccessAllowed": False,
        "AuthenticationEnabled": False,
        "WebDavEnabled": False,
        "DicomAet": AE_TITLE,
        "DicomPort": plan.ports["orthanc-dicom"],
        "DicomAlwaysAllowEcho": not of_this_machine,
        "DicomAlwaysAllowStore": not of_this_machine,
        "DicomCheckModalityHost": of_this_machine,
        "DicomModalities": {name: [name, HOST, 104] for name in SENDERS},
        "StableAge": STABLE_SECONDS,
        "OverwriteInstances": False,
        "LimitFindResults": 0,
        "DicomWeb": {"Enable": True, "Root": "/dicom-web/", "EnableWado": False},
    }


def how_to_send(plan: Plan) -> str:
    """A line for people: what sends a study."""
    port = plan.ports["orthanc-dicom"]
    return f"Send studies to {AE_TITLE}: storescu -aec {AE_TITLE} +sd +r {HOST} {port} STUDY/"
