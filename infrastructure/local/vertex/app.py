"""The part of Vertex AI's REST surface that the functions and the pipeline call."""

from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from infrastructure.local.other_sites import NoPages
from infrastructure.local.vertex.errors import VertexError, not_found
from infrastructure.local.vertex.jobs import Jobs
from infrastructure.local.vertex.models import Registry

LOCATION = "/v1/projects/{project}/locations/{location}"


def create_app(jobs: Jobs, registry: Registry, lifespan: Any = None) -> Starlette:
    """An ASGI app over these jobs and models; `lifespan` as Starlette has it."""

    async def create_job(request: Request) -> Response:
        job_id = request.query_params.get("pipelineJobId", "")
        return JSONResponse(jobs.create(parent(request), job_id, await request.json()))

    async def list_jobs(request: Request) -> Response:
        return JSONResponse({"pipelineJobs": jobs.of(parent(request))})

    async def job(request: Request) -> Response:
        """`GET …/ID` and `POST …/ID:cancel`."""
        name, _, action = resource(request, "pipelineJobs").partition(":")
        if request.method == "GET" and not action:
            return JSONResponse(jobs.get(name))
        if request.method == "POST" and action == "cancel":
            await jobs.cancel(name)
            return JSONResponse({})
        raise not_found(request.url.path)

    async def upload_model(request: Request) -> Response:
        model = registry.upload(parent(request), await request.json())
        response = {
            "@type": "type.googleapis.com/google.cloud.aiplatform.v1.UploadModelResponse",
            "model": model["name"],
            "modelVersionId": model["versionId"],
        }
        name = f"{model['name']}/operations/upload-{model['versionId']}"
        return JSONResponse({"name": name, "done": True, "response": response})

    async def list_models(request: Request) -> Response:
        return JSONResponse({"models": registry.of(parent(request))})

    async def model(request: Request) -> Response:
        """`GET …/ID`, `…/ID:listVersions`, `POST …/ID:mergeVersionAliases`."""
        name, _, action = resource(request, "models").partition(":")
        if request.method == "GET" and not action:
            return JSONResponse(registry.get(name))
        if request.method == "GET" and action == "listVersions":
            return JSONResponse({"models": registry.versions(name)})
        if request.method == "POST" and action == "mergeVersionAliases":
            aliases = (await request.json()).get("versionAliases", [])
            return JSONResponse(registry.merge_aliases(name, aliases))
        raise not_found(request.url.path)

    return Starlette(
        routes=[
            Route(f"{LOCATION}/pipelineJobs", create_job, methods=["POST"]),
            Route(f"{LOCATION}/pipelineJobs", list_jobs, methods=["GET"]),
            Route(f"{LOCATION}/pipelineJobs/{{id}}", job, methods=["GET", "POST"]),
            Route(f"{LOCATION}/models:upload", upload_model, methods=["POST"]),
            Route(f"{LOCATION}/models", list_models, methods=["GET"]),
            Route(f"{LOCATION}/models/{{id}}", model, methods=["GET", "POST"]),
        ],
        exception_handlers={VertexError: refused},
        lifespan=lifespan,
        middleware=[Middleware(NoPages)],
    )


def parent(request: Request) -> str:
    """`projects/P/locations/L`."""
    return "projects/{project}/locations/{location}".format(**request.path_params)


def resource(request: Request, collection: str) -> str:
    """The resource that the path names, with what follows its colon."""
    return f"{parent(request)}/{collection}/{request.path_params['id']}"


async def refused(_request: Request, error: Any) -> Response:
    """The error in Google's form."""
    return JSONResponse(error.body, status_code=error.code)
