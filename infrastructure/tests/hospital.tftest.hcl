# The large example: GPU, a key and a network of its own, a budget.
#   terraform test -filter=tests/hospital.tftest.hcl

mock_provider "google" {
  source          = "./tests/mocks"
  override_during = plan
}
mock_provider "google-beta" {
  override_during = plan

  mock_resource "google_project_service_identity" {
    defaults = { member = "serviceAccount:agent@demo" }
  }
}

variables {
  project = "demo-hospital"
  images = {
    functions         = "europe-west4-docker.pkg.dev/demo-hospital/discai/functions@sha256:0000000000000000000000000000000000000000000000000000000000000000"
    inference_service = "europe-west4-docker.pkg.dev/demo-hospital/discai/worker@sha256:1111111111111111111111111111111111111111111111111111111111111111"
  }
}

run "example" {
  command = plan

  module {
    source = "./tests/example"
  }

  variables {
    name = "hospital"
  }
}

run "hospital" {
  command = plan

  variables {
    region                = run.example.settings.region
    backup_region         = run.example.settings.backup_region
    attesting_key         = "projects/demo-hospital/locations/europe-west4/keyRings/builds/cryptoKeys/images/cryptoKeyVersions/1" # an example knows no project
    accelerator           = run.example.settings.accelerator
    min_instances         = run.example.settings.min_instances
    max_instances         = run.example.settings.max_instances
    customer_managed_key  = run.example.settings.customer_managed_key
    network_range         = run.example.settings.network_range
    keep_scans_days       = run.example.settings.keep_scans_days
    archive               = run.example.settings.archive
    filing                = run.example.settings.filing
    web_domain            = run.example.settings.web_domain
    alert_email           = run.example.settings.alert_email
    billing_account       = run.example.settings.billing_account
    monthly_budget        = run.example.settings.monthly_budget
    uploaders             = run.example.settings.uploaders
    keep_access_logs_days = run.example.settings.keep_access_logs_days
    reviewers             = run.example.settings.reviewers
  }

  # A worker with a GPU
  assert {
    condition     = try(google_cloud_run_v2_service.worker.template[0].node_selector[0].accelerator, "") == "nvidia-l4"
    error_message = "The worker runs where an L4 is."
  }
  assert {
    condition     = google_cloud_run_v2_service.worker.template[0].containers[0].resources[0].limits == tomap({ cpu = "4", memory = "16Gi", "nvidia.com/gpu" = "1" })
    error_message = "Cloud Run gives an L4 to four processors and 16 GiB."
  }
  assert {
    condition     = !google_cloud_run_v2_service.worker.template[0].containers[0].resources[0].cpu_idle && google_cloud_run_v2_service.worker.template[0].gpu_zonal_redundancy_disabled
    error_message = "A GPU needs its processor all the time, and no second zone."
  }
  assert {
    condition     = google_cloud_run_v2_service.worker.template[0].scaling[0].min_instance_count == 1 && google_cloud_run_v2_service.function["api"].template[0].scaling[0].min_instance_count == 1
    error_message = "A hospital does not wait for a cold start."
  }

  # A key and a network of its own
  assert {
    condition = alltrue(concat(
      [for bucket in google_storage_bucket.purpose : bucket.encryption[0].default_kms_key_name == google_kms_crypto_key.data[0].id],
      [google_storage_bucket.builds.encryption[0].default_kms_key_name == google_kms_crypto_key.data[0].id],
      [for topic in google_pubsub_topic.topic : topic.kms_key_name == google_kms_crypto_key.data[0].id],
      [for service in local.services : service.template[0].encryption_key == google_kms_crypto_key.data[0].id],
      [google_firestore_database.default.cmek_config[0].kms_key_name == google_kms_crypto_key.data[0].id],
      [google_artifact_registry_repository.images.kms_key_name == google_kms_crypto_key.data[0].id],
      [google_vertex_ai_metadata_store.default.encryption_spec[0].kms_key_name == google_kms_crypto_key.data[0].id],
      [google_vertex_ai_tensorboard.training.encryption_spec[0].kms_key_name == google_kms_crypto_key.data[0].id],
    ))
    error_message = "Everything at rest is encrypted with the hospital's key."
  }
  assert {
    condition     = alltrue([for starter in ["on-label-created", "sweep"] : contains([for variable in google_cloud_run_v2_service.function[starter].template[0].containers[0].env : variable.value if variable.name == "ENCRYPTION_KEY"], google_kms_crypto_key.data[0].id)])
    error_message = "So are pipeline jobs and registered models."
  }
  assert {
    condition     = google_kms_crypto_key.data[0].rotation_period == "7776000s"
    error_message = "The key is renewed every 90 days."
  }
  assert {
    condition     = alltrue([for service in local.services : service.template[0].vpc_access[0].egress == "ALL_TRAFFIC" && service.template[0].vpc_access[0].network_interfaces[0].subnetwork == google_compute_subnetwork.private[0].id])
    error_message = "No service leaves by another way than the network."
  }
  assert {
    condition     = google_compute_firewall.deny_egress[0].destination_ranges == toset(["0.0.0.0/0"]) && google_compute_firewall.allow_google_apis[0].destination_ranges == toset(["199.36.153.8/30"])
    error_message = "The network leads to Google's APIs and nowhere else."
  }
  assert {
    condition     = length(google_billing_budget.month) == 1 && length(google_monitoring_notification_channel.email) == 1 && alltrue([for policy in google_monitoring_alert_policy.threshold : length(policy.notification_channels) == 1])
    error_message = "Somebody is told."
  }
  assert {
    condition     = distinct(flatten([for bucket in google_storage_bucket.purpose : bucket.cors[*].origin])) == tolist(["https://discs.example.org"])
    error_message = "The hospital's domain is the web app's origin."
  }
  assert {
    condition     = google_firebase_hosting_custom_domain.own[*].custom_domain == ["discs.example.org"]
    error_message = "The hospital's domain leads to the web app."
  }

  # Who comes in, and who looked at what
  assert {
    condition     = [for binding in jsondecode(google_storage_bucket_iam_policy.purpose["uploads"].policy_data).bindings : binding.role if contains(binding.members, "group:mri-scanners@example.org")] == ["roles/storage.objectCreator"] && !strcontains(join(" ", [for purpose in ["results", "models", "pipeline"] : google_storage_bucket_iam_policy.purpose[purpose].policy_data]), "mri-scanners")
    error_message = "Uploaders add scans, and do nothing else."
  }
  assert {
    condition     = google_logging_project_bucket_config.access.retention_days == 3650
    error_message = "The log of who looked at what is kept for as long as the hospital says."
  }

  # Images
  assert {
    condition     = alltrue([for service in local.services : service.binary_authorization[0].use_default])
    error_message = "No service starts an image that nobody has attested."
  }
  assert {
    condition     = alltrue([for policy in google_binary_authorization_policy.images : policy.default_admission_rule[0].evaluation_mode == "REQUIRE_ATTESTATION" && policy.default_admission_rule[0].enforcement_mode == "ENFORCED_BLOCK_AND_AUDIT_LOG" && policy.default_admission_rule[0].require_attestations_by == toset(["discai-builds"])]) && length(google_binary_authorization_policy.images) == 1
    error_message = "What the builds have not attested is refused, not only written down."
  }
  assert {
    condition     = alltrue([for attestor in google_binary_authorization_attestor.builds : attestor.attestation_authority_note[0].public_keys[0].id == "//cloudkms.googleapis.com/v1/projects/demo/locations/europe-west4/keyRings/builds/cryptoKeys/images/cryptoKeyVersions/1"])
    error_message = "Images are attested by the key that is named."
  }

  # The test of a deployment
  assert {
    condition     = strcontains(output.smoke_settings, "EXPECTED_DEVICE='gpu'\n") && strcontains(output.smoke_settings, "WEB_ORIGIN='https://discs.example.org'\n")
    error_message = "A deployment with a GPU proves that it reads on one, and that its own page may come in."
  }

  # A second region
  assert {
    condition     = alltrue([for bucket in google_storage_bucket.backup : bucket.location == "europe-west1"]) && length(google_storage_bucket.backup) == 4 && alltrue([for bucket in google_storage_bucket.backup : bucket.public_access_prevention == "enforced" && bucket.uniform_bucket_level_access])
    error_message = "Copies lie in the second region, and nobody can make them public."
  }
  assert {
    condition     = alltrue([for bucket in google_storage_bucket.backup : bucket.encryption[0].default_kms_key_name == google_kms_crypto_key.backup[0].id]) && google_kms_key_ring.backup[0].location == "europe-west1"
    error_message = "Copies are encrypted with the hospital's key of that region."
  }
  assert {
    condition     = jsondecode(base64decode(google_cloud_scheduler_job.export[0].http_target[0].body)).outputUriPrefix == "gs://demo-hospital-backup-documents" && endswith(google_cloud_scheduler_job.export[0].http_target[0].uri, "/${google_firestore_database.default.id}:exportDocuments") && google_cloud_scheduler_job.export[0].schedule == "30 0 * * *"
    error_message = "All documents are exported each day."
  }
  assert {
    condition     = { for purpose, job in google_storage_transfer_job.backup : job.transfer_spec[0].gcs_data_source[0].bucket_name => job.transfer_spec[0].gcs_data_sink[0].bucket_name } == { for purpose in ["models", "results", "uploads"] : "demo-hospital-${purpose}" => "demo-hospital-backup-${purpose}" } && alltrue([for job in google_storage_transfer_job.backup : job.schedule[0].repeat_interval == "86400s"])
    error_message = "Scans, results and models are copied each day."
  }
  assert {
    condition     = alltrue([for job in google_storage_transfer_job.backup : job.transfer_spec[0].transfer_options[0].delete_objects_unique_in_sink])
    error_message = "A patient who is forgotten is forgotten in the second region, too."
  }
  assert {
    condition     = length(google_storage_bucket.backup["documents"].lifecycle_rule) == 1 && local.keep_exports_days == 14 && alltrue([for purpose in ["models", "results", "uploads"] : length(google_storage_bucket.backup[purpose].lifecycle_rule) == 0])
    error_message = "Exports are kept as long as backups, and copies as long as what they are copies of."
  }

  # The archive
  assert {
    condition     = google_healthcare_dicom_store.archive[0].notification_config[0].pubsub_topic == google_pubsub_topic.topic["archive-instances"].id && google_healthcare_dicom_store.archive[0].notification_config[0].send_for_bulk_import
    error_message = "The archive tells of each file that it stores, also of those of a bulk import."
  }
  assert {
    condition     = google_eventarc_trigger.function["on-instance-stored"].transport[0].pubsub[0].topic == google_pubsub_topic.topic["archive-instances"].id
    error_message = "Each stored file calls on-instance-stored."
  }
  assert {
    condition     = google_healthcare_dataset.archive[0].location == "europe-west4" && google_healthcare_dataset.archive[0].encryption_spec[0].kms_key_name == google_kms_crypto_key.data[0].id
    error_message = "Studies stay in the region, encrypted with the hospital's key."
  }
  assert {
    condition     = google_healthcare_dicom_store_iam_member.reader[0].member == google_service_account.component["inference-service"].member
    error_message = "Only the worker reads files of the archive."
  }
  assert {
    condition     = { for variable in google_cloud_run_v2_service.worker.template[0].containers[0].env : variable.name => variable.value if startswith(variable.name, "DICOMWEB") } == { DICOMWEB_URL = "https://healthcare.googleapis.com/v1/projects/demo/locations/europe-west4/datasets/discai/dicomStores/archive/dicomWeb", DICOMWEB_AUTH = "google" }
    error_message = "The worker knows where the archive is."
  }
  assert {
    condition     = google_healthcare_dicom_store_iam_member.reader[0].role == google_project_iam_custom_role.archive_filer[0].name && alltrue([for service in local.services : contains([for variable in service.template[0].containers[0].env : variable.value if variable.name == "FILING"], "reviewed")])
    error_message = "What a reviewer has judged is stored in the archive."
  }
  assert {
    condition     = google_project_iam_custom_role.archive_filer[0].permissions == toset(["healthcare.dicomStores.dicomWebRead", "healthcare.dicomStores.dicomWebWrite"])
    error_message = "Nothing in the archive can be deleted from here."
  }
  assert {
    condition     = contains(keys(google_project_iam_audit_config.data), "healthcare")
    error_message = "Who looked at what in the archive is logged."
  }
}
