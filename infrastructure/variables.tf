# What differs between two deployments. `examples/` has a small and a large one.

variable "project" {
  description = "Id of the Google Cloud project; buckets are named after it."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project))
    error_message = "A project id has 6 to 30 small letters, digits and dashes."
  }
}

variable "region" {
  description = "Where everything is: scans leave it for `backup_region` only, if there is one. For a GPU, a region where Cloud Run has it."
  type        = string

  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]+$", var.region))
    error_message = "Name one region, as europe-west4; buckets and triggers must be in the same one."
  }
}

variable "build_region" {
  description = "Where Cloud Build runs, as europe-west1; null: the nearest region in which any project may build. Sources and logs of builds hold nothing of patients."
  type        = string
  default     = null

  validation {
    condition     = var.build_region == null || can(regex("^[a-z]+-[a-z]+[0-9]+$", var.build_region))
    error_message = "Name one region for builds, as europe-west1; `make preflight` says whether a project may build there."
  }
}

variable "backup_region" {
  description = "A second region with a daily copy of documents, uploads, results and models, for the day on which the first one is lost; null: none, and scans never leave the first."
  type        = string
  default     = null

  validation {
    condition     = var.backup_region == null || can(regex("^[a-z]+-[a-z]+[0-9]+$", var.backup_region))
    error_message = "Name one region for backups, as europe-west1."
  }
  validation {
    condition     = var.backup_region != var.region
    error_message = "A backup in the region of the data is lost with it."
  }
}

variable "images" {
  description = "Container images by digest; Cloud Build hands over the ones that it has tested."
  type = object({
    functions         = string
    inference_service = string
  })

  validation {
    condition     = alltrue([for image in values(var.images) : can(regex("@sha256:[0-9a-f]{64}$", image))])
    error_message = "Name each image by its digest, as NAME@sha256:…, so that a deployment can be repeated."
  }
}

variable "attesting_key" {
  description = "Version of a key of Cloud KMS by which builds attest images, projects/…/cryptoKeyVersions/1; Cloud Run then starts no others. null: whatever is deployed runs."
  type        = string
  default     = null

  validation {
    condition     = var.attesting_key == null || can(regex("^projects/[^/]+/locations/[^/]+/keyRings/[^/]+/cryptoKeys/[^/]+/cryptoKeyVersions/[0-9]+$", var.attesting_key))
    error_message = "Name a version of a key: projects/PROJECT/locations/REGION/keyRings/builds/cryptoKeys/images/cryptoKeyVersions/1."
  }
}

variable "pipeline_template" {
  description = "The compiled pipeline, gs://PROJECT-pipeline/…/SHA256.json, as Cloud Build hands it over."
  type        = string
  default     = ""

  validation {
    condition     = var.pipeline_template == "" || can(regex("^gs://.+/[0-9a-f]{64}\\.json$", var.pipeline_template))
    error_message = "The compiled pipeline is gs://BUCKET/…/SHA256.json, named by its digest."
  }
}

variable "retraining" {
  description = "What models learn from besides labels, and the frozen set on which they are compared: gs:// addresses, as pipeline.data.original prints them. Without a set no run is started."
  type = object({
    original   = optional(string, "")
    evaluation = optional(string, "")
  })
  default = {}
}

variable "reviewers" {
  description = "Who may see scans and label them: role by e-mail address."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for role in values(var.reviewers) : contains(["reviewer", "admin"], role)])
    error_message = "A role is reviewer or admin."
  }
  validation {
    condition     = alltrue([for email in keys(var.reviewers) : can(regex("^[^@/\\s]+@[^@/\\s]+$", email)) && email == lower(email)])
    error_message = "Reviewers are e-mail addresses in small letters."
  }
}

variable "uploaders" {
  description = "Who may add scans to the bucket of uploads by gsutil or a program, besides the web app: user:, group: and serviceAccount: members. They can neither read, list nor replace what is there."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for member in var.uploaders : can(regex("^(user|group|serviceAccount):[^@\\s]+@[^@\\s]+$", member))])
    error_message = "An uploader is user:ADDRESS, group:ADDRESS or serviceAccount:ADDRESS; nobody else, and never everybody."
  }
}

variable "accelerator" {
  description = "GPU of the worker, or null for CPU: a new project's GPU quota may be 0."
  type        = string
  default     = null

  validation {
    condition     = var.accelerator == null || var.accelerator == "nvidia-l4"
    error_message = "The worker runs on \"nvidia-l4\" or, with null, on CPU."
  }
}

variable "min_instances" {
  description = "Instances of worker and api that wait for work: 0 costs nothing, 1 has no cold start."
  type        = number
  default     = 0

  validation {
    condition     = var.min_instances >= 0 && floor(var.min_instances) == var.min_instances && var.min_instances <= var.max_instances
    error_message = "min_instances is a whole number from 0 to max_instances."
  }
}

variable "max_instances" {
  description = "Scans read at the same time, at most; also a limit of what can be spent. Cloud Run refuses more than the project's quota: `make preflight` asks for it."
  type        = number
  default     = 5

  validation {
    condition     = var.max_instances >= 1 && floor(var.max_instances) == var.max_instances
    error_message = "max_instances is a whole number, 1 or more."
  }
}

variable "filing" {
  description = "Results that are stored in the archive: off, drafts (the model's at once), or reviewed (what a reviewer has judged)."
  type        = string
  default     = "off"

  validation {
    condition     = contains(["off", "drafts", "reviewed"], var.filing)
    error_message = "filing is off, drafts or reviewed."
  }

  validation {
    condition     = var.filing == "off" || var.archive
    error_message = "Results are filed in an archive: set archive = true as well."
  }
}

variable "web_domain" {
  description = "Own domain of the web app; null: PROJECT.web.app."
  type        = string
  default     = null
}

variable "keep_scans_days" {
  description = "Days until an uploaded scan is deleted; results and labels stay, but its labels train no more."
  type        = number
  default     = 365
}

variable "keep_access_logs_days" {
  description = "Days for which the log of who looked at what is kept; lock_access_logs makes that final."
  type        = number
  default     = 365

  validation {
    condition     = var.keep_access_logs_days >= 1 && var.keep_access_logs_days <= 3650 && floor(var.keep_access_logs_days) == var.keep_access_logs_days
    error_message = "Cloud Logging keeps logs for 1 to 3650 whole days."
  }
}

variable "lock_access_logs" {
  description = "Let nobody, owners included, shorten that time or remove that log before it is over. There is no way back: false for a project that is thrown away."
  type        = bool
  default     = true
}

variable "deletion_protection" {
  description = "Refuse to destroy data; false only for a project that is thrown away."
  type        = bool
  default     = true
}

variable "customer_managed_key" {
  description = "Encrypt all data with a key of this project instead of Google's."
  type        = bool
  default     = false
}

variable "archive" {
  description = "Have an archive (a DICOM store of the Healthcare API) whose studies are read as they come."
  type        = bool
  default     = false
}

variable "network_range" {
  description = "Range of a network of our own through which all traffic leaves, as 10.8.0.0/24; null: none."
  type        = string
  default     = null
}

variable "alert_email" {
  description = "Who is told when something is wrong; null: alerts only show in the console."
  type        = string
  default     = null
}

variable "billing_account" {
  description = "Billing account that a budget watches; null: no budget. To own the project is no right on it: whoever deploys needs roles/billing.costsManager there."
  type        = string
  default     = null

  validation {
    condition     = var.billing_account == null || can(regex("^[0-9A-F]{6}-[0-9A-F]{6}-[0-9A-F]{6}$", var.billing_account))
    error_message = "A billing account is three times six digits and letters, as 0A1B2C-3D4E5F-678901."
  }
}

variable "monthly_budget" {
  description = "What a month may cost, in the billing account's currency."
  type        = number
  default     = 50
}
