# The small deployment: CPU, Google's keys, no network of its own. The provider is mocked, so that
# this runs without a project; what is created is what a plan would create.

mock_provider "google" {}
mock_provider "google-beta" {}

variables {
  project   = "demo-small"
  region    = "europe-west4"
  reviewers = { "reviewer@example.org" = "admin" }
  images = {
    functions         = "europe-west4-docker.pkg.dev/demo-small/discai/functions@sha256:0000000000000000000000000000000000000000000000000000000000000000"
    inference_service = "europe-west4-docker.pkg.dev/demo-small/discai/inference-service@sha256:1111111111111111111111111111111111111111111111111111111111111111"
  }
}

run "small" {
  assert {
    condition     = length(google_cloud_run_v2_service.worker.template[0].node_selector) == 0
    error_message = "Without an accelerator the worker asks for no GPU."
  }
}
