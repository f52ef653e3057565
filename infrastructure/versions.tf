# README.md has the order to read these files in, and where state is kept.

terraform {
  required_version = ">= 1.11"

  required_providers {
    google      = { source = "hashicorp/google", version = "~> 8.7" }
    google-beta = { source = "hashicorp/google-beta", version = "~> 8.7" }
  }

  backend "gcs" {
    prefix = "discai"
  }
}

provider "google" {
  project               = var.project
  region                = var.region
  billing_project       = var.project
  user_project_override = true # Firebase, Identity Platform and budgets bill a project, not a person

  default_labels = { application = "discai" }
}

# Firebase and the metadata store exist only here.
provider "google-beta" {
  project               = var.project
  region                = var.region
  billing_project       = var.project
  user_project_override = true

  default_labels = { application = "discai" }
}
