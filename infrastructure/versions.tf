# The order to read these files in: topology, apis, identity, storage, firestore, events, functions,
# inference, training, schedule, web, registry, monitoring, audit, encryption, network, outputs.
#
# State holds the web app's API key and the reviewers' addresses, so it is kept in a bucket of its
# own that is made once, before anything else (see README.md):
#   gcloud storage buckets create gs://PROJECT-terraform --uniform-bucket-level-access \
#     --public-access-prevention --location=REGION && gcloud storage buckets update gs://PROJECT-terraform --versioning
#   terraform init -backend-config=bucket=PROJECT-terraform

terraform {
  required_version = ">= 1.9"

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
