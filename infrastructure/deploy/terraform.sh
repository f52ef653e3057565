#!/usr/bin/env sh
# terraform.sh plan|apply|review: plans with the images and the template of this build, or applies
# that plan; review plans a change against the state, and reads and changes nothing else: it runs what
# a pull request brings.
set -eu
root=$PWD
cd infrastructure
terraform init -input=false -backend-config="bucket=$_STATE"
case $1 in
plan)
    terraform plan -input=false -var-file="$root/build/discai.tfvars" -out="$root/build/plan" \
        -var="project=$PROJECT_ID" -var="region=$_REGION" \
        -var="images={functions=\"$(cat "$root/build/functions")\",inference_service=\"$(cat "$root/build/worker")\"}" \
        -var="pipeline_template=gs://$PROJECT_ID-pipeline/$(cat "$root/build/template")"
    ;;
apply)
    terraform apply -input=false "$root/build/plan"
    for output in web_config firebase_json smoke_settings; do
        terraform output -raw "$output" >"$root/build/$output"
    done
    ;;
review)
    terraform output -json deployed >"$root/build/deployed.auto.tfvars.json"
    terraform plan -input=false -lock=false -refresh=false -var-file="$root/build/discai.tfvars" \
        -var-file="$root/build/deployed.auto.tfvars.json" \
        -var="project=$PROJECT_ID" -var="region=$_REGION"
    ;;
esac
