"""Dependencies of the api's routes: their collaborators, and the caller."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request, Security
from fastapi.security import HTTPBearer

from discai.cloud.labels import LabelRepository
from discai.cloud.objects import ObjectStore
from discai.cloud.production import ProductionRepository
from discai.cloud.publisher import InferencePublisher
from discai.cloud.rereading import RereadRepository
from discai.cloud.reviewers import Reviewers
from discai.cloud.scans import ScanRepository
from discai.cloud.signing import UrlSigner
from discai.errors import PermanentError
from functions.identity import Caller, VerifyToken
from functions.settings import Settings


@dataclass(frozen=True)
class Collaborators:
    """Collaborators of the api."""

    settings: Settings
    scans: ScanRepository
    labels: LabelRepository
    rereads: RereadRepository
    objects: ObjectStore
    signer: UrlSigner
    publisher: InferencePublisher
    production: ProductionRepository
    reviewers: Reviewers
    verify_token: VerifyToken


def collaborators(request: Request) -> Collaborators:
    """Those that the app was made with."""
    given: Collaborators = request.app.state.collaborators
    return given


#: Describes the token; `functions.api.middleware.SignedIn` has checked it already.
ID_TOKEN = HTTPBearer(
    scheme_name="idToken",
    description="The Firebase ID token of a reviewer whose e-mail address is verified.",
    auto_error=False,
)


def reviewer(request: Request, _: Annotated[Any, Security(ID_TOKEN)]) -> Caller:
    """Caller, who must be a reviewer."""
    caller: Caller = request.state.caller
    return caller


def administrator(caller: Annotated[Caller, Depends(reviewer)]) -> Caller:
    """Caller, who must be an administrator; raises `PermanentError("not-an-admin")`."""
    if caller.role != "admin":
        raise PermanentError("not-an-admin", "Only an administrator can do this.")
    return caller


Given = Annotated[Collaborators, Depends(collaborators)]
Reviewer = Annotated[Caller, Depends(reviewer)]
Administrator = Annotated[Caller, Depends(administrator)]
