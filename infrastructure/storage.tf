# One bucket per purpose, because an event knows its bucket and no prefix. Nothing in them can be
# made public; the web app's origin alone may use them from a browser, by URLs that the api hands out.

locals {
  keep_deleted_days = 30

  # What is deleted, and when. Uploads: an older version under one name is a scan of its own.
  lifecycle_rules = {
    # Parts of large uploads that `gcloud storage` could not compose are left over.
    uploads = [
      { type = "Delete", age = var.keep_scans_days, with_state = "ANY" },
      { type = "Delete", age = 1, matches_prefix = ["gcloud/tmp/parallel_composite_uploads/"], with_state = "ANY" },
    ]
    results  = [{ type = "Delete", days_since_noncurrent_time = 90, with_state = "ARCHIVED" }]
    models   = []
    pipeline = [{ type = "Delete", age = 180, matches_prefix = ["runs/"] }]
  }
}

resource "google_storage_bucket" "purpose" {
  #checkov:skip=CKV_GCP_62:audit.tf logs every access to data, where usage logs would need a bucket of their own
  #checkov:skip=CKV_GCP_78:topology.yaml says which are versioned; objects of the others never change under their name
  for_each = local.topology.buckets

  name     = local.bucket_names[each.key]
  location = var.region

  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = !var.deletion_protection

  versioning {
    enabled = try(each.value.versioned, false)
  }

  soft_delete_policy {
    retention_duration_seconds = local.keep_deleted_days * 24 * 60 * 60
  }

  dynamic "lifecycle_rule" {
    for_each = local.lifecycle_rules[each.key]

    content {
      action {
        type = lifecycle_rule.value.type
      }
      condition {
        age                        = try(lifecycle_rule.value.age, null)
        days_since_noncurrent_time = try(lifecycle_rule.value.days_since_noncurrent_time, null)
        matches_prefix             = try(lifecycle_rule.value.matches_prefix, null)
        with_state                 = try(lifecycle_rule.value.with_state, null)
      }
    }
  }

  lifecycle_rule {
    action {
      type = "AbortIncompleteMultipartUpload"
    }
    condition {
      age = 7
    }
  }

  dynamic "cors" {
    for_each = local.browser_methods[each.key]

    content {
      origin          = [local.web_origin]
      method          = cors.value
      response_header = ["Content-Type", "Content-Range", "Range", "X-Goog-Hash"]
      max_age_seconds = 3600
    }
  }

  dynamic "encryption" {
    for_each = local.keys

    content {
      default_kms_key_name = encryption.value
    }
  }

  depends_on = [google_kms_crypto_key_iam_member.agent]
}

locals {
  # One CORS rule where a browser comes, none elsewhere.
  browser_methods = { for purpose, bucket in local.topology.buckets : purpose => [
    for methods in [concat(
      try(bucket.browser_reads, false) ? ["GET", "HEAD"] : [],
      try(bucket.browser_uploads, false) ? ["PUT", "POST"] : [],
    )] : methods if length(methods) > 0
  ] }
}
