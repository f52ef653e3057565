# Mistakes in variables are found before anything is created.

mock_provider "google" {}
mock_provider "google-beta" {}

run "mistaken_variables" {
  command = plan

  variables {
    project           = "Demo"
    region            = "europe"
    images            = { functions = "functions:latest", inference_service = "worker:latest" }
    pipeline_template = "gs://demo-pipeline/pipeline.json"
    reviewers         = { "Reviewer@example.org" = "owner" }
    accelerator       = "nvidia-h100"
    filing            = "drafts" # without an archive
    build_region      = "Europe"
    billing_account   = "my account"
    min_instances     = 1.5
    max_instances     = 0
  }

  expect_failures = [
    var.project,
    var.region,
    var.images,
    var.pipeline_template,
    var.reviewers,
    var.accelerator,
    var.filing,
    var.build_region,
    var.billing_account,
    var.min_instances,
    var.max_instances,
  ]
}
