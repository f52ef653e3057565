# Mistakes in variables are found before anything is created.

mock_provider "google" {}
mock_provider "google-beta" {}

run "mistaken_variables" {
  command = plan

  variables {
    project               = "Demo"
    region                = "europe"
    images                = { functions = "functions:latest", inference_service = "worker:latest" }
    pipeline_template     = "gs://demo-pipeline/pipeline.json"
    reviewers             = { "Reviewer@example.org" = "owner" }
    accelerator           = "nvidia-h100"
    filing                = "drafts" # without an archive
    build_region          = "Europe"
    attesting_key         = "images"
    billing_account       = "my account"
    max_instances         = 0
    uploaders             = ["allUsers"]
    keep_access_logs_days = 0
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
    var.attesting_key,
    var.billing_account,
    var.max_instances,
    var.uploaders,
    var.keep_access_logs_days,
  ]
}

run "a_second_region_that_is_none" {
  command = plan

  variables {
    project       = "demo-small"
    region        = "europe-west4"
    backup_region = "Europe"
    images        = { functions = "functions@sha256:0000000000000000000000000000000000000000000000000000000000000000", inference_service = "worker@sha256:0000000000000000000000000000000000000000000000000000000000000000" }
  }

  expect_failures = [var.backup_region]
}

run "a_backup_beside_the_data" {
  command = plan

  variables {
    project       = "demo-small"
    region        = "europe-west4"
    backup_region = "europe-west4"
    images        = { functions = "functions@sha256:0000000000000000000000000000000000000000000000000000000000000000", inference_service = "worker@sha256:0000000000000000000000000000000000000000000000000000000000000000" }
  }

  expect_failures = [var.backup_region]
}

run "more_wait_than_there_may_be" {
  command = plan

  variables {
    project       = "demo-small"
    region        = "europe-west4"
    images        = { functions = "functions@sha256:0000000000000000000000000000000000000000000000000000000000000000", inference_service = "worker@sha256:0000000000000000000000000000000000000000000000000000000000000000" }
    min_instances = 3
    max_instances = 2
  }

  expect_failures = [var.min_instances]
}
