"""The Billing portal: configurations and sessions."""

from typing import Any

from tests.support.stripe_server.errors import Json, invalid
from tests.support.stripe_server.listing import listed
from tests.support.stripe_server.people import customer_of, merged
from tests.support.stripe_server.routes import Call, answers
from tests.support.stripe_server.world import World

_REASONS = ["customer_service", "low_quality", "missing_features", "other", "switched_service",
            "too_complex", "too_expensive", "unused"]  # fmt: skip


def _features(given: Json) -> Json:
    base: Json = {
        "customer_update": {"allowed_updates": [], "enabled": False},
        "invoice_history": {"enabled": False},
        "payment_method_update": {"enabled": False, "payment_method_configuration": None},
        "subscription_cancel": {
            "cancellation_reason": {"enabled": False, "feedback_options": None,
                                    "options": _REASONS},
            "enabled": False, "mode": "at_period_end", "proration_behavior": "none"},
        "subscription_pause": {"duration": {"interval_options": [], "type": "indefinite"},
                               "enabled": False},
        "subscription_update": {
            "billing_cycle_anchor": None, "default_allowed_updates": [], "enabled": False,
            "products": None, "proration_behavior": "none",
            "schedule_at_period_end": {"conditions": []}, "trial_update_behavior": "end_trial"},
    }  # fmt: skip
    return {name: {**value, **(given.get(name) or {})} for name, value in base.items()}


def configure(world: World, params: Json, *, default: bool = False) -> Json:
    """Make a configuration."""
    profile = {"headline": None, "privacy_policy_url": None, "terms_of_service_url": None}
    login = params.get("login_page") or {"enabled": False}
    return world.new(
        "billing_portal.configuration", active=True, is_default=default, name=params.get("name"),
        business_profile=profile | (params.get("business_profile") or {}),
        default_return_url=params.get("default_return_url") or None,
        features=_features(params["features"]), metadata=merged({}, params.get("metadata")),
        login_page={"enabled": login["enabled"], "url": None}, updated=world.now(),
    )  # fmt: skip


def default_configuration(world: World) -> Json | None:
    """The account's default; made when first needed, as the dashboard's save button does."""
    for one in world.store.all("billing_portal.configuration"):
        if one["is_default"]:
            return one
    if not world.settings.portal:
        return None
    return configure(world, {"features": {
        "invoice_history": {"enabled": True}, "payment_method_update": {"enabled": True},
        "customer_update": {"enabled": True, "allowed_updates": ["email", "address", "tax_id"]},
        "subscription_cancel": {"enabled": True}}}, default=True)  # fmt: skip


@answers("post", "/v1/billing_portal/configurations")
def _create(world: World, call: Call) -> Json:
    return configure(world, call.params)


@answers("get", "/v1/billing_portal/configurations")
def _list(world: World, call: Call) -> Json:
    default_configuration(world)
    return listed(world, call, "billing_portal.configuration")


@answers("get", "/v1/billing_portal/configurations/{configuration}")
def _retrieve(world: World, call: Call) -> Json:
    return world.store.get("billing_portal.configuration", call.id, "configuration", 404)


@answers("post", "/v1/billing_portal/configurations/{configuration}")
def _update(world: World, call: Call) -> Json:
    made = world.store.get("billing_portal.configuration", call.id, "configuration", 404)
    fields: Json = {k: call.params[k] for k in ("active", "default_return_url", "name")
                    if k in call.params}  # fmt: skip
    if "features" in call.params:
        fields["features"] = {name: {**value, **(call.params["features"].get(name) or {})}
                              for name, value in made["features"].items()}  # fmt: skip
    return world.change(made, "billing_portal.configuration.updated", **fields)


@answers("post", "/v1/billing_portal/sessions")
def _open(world: World, call: Call) -> Json:
    params = call.params
    if "customer" not in params:
        raise invalid("Missing required param: customer.", "customer", "parameter_missing")
    customer = customer_of(world, params["customer"])
    if "configuration" in params:
        configuration: Any = world.store.get("billing_portal.configuration",
                                             params["configuration"], "configuration")  # fmt: skip
    else:
        configuration = default_configuration(world)
    if configuration is None:
        raise invalid("No configuration provided and your test mode default configuration has not "
                      "been created. Provide a configuration or create your default by saving your "
                      "customer portal settings in test mode at https://dashboard.stripe.com/test/"
                      "settings/billing/portal.")  # fmt: skip
    identity = world.store.new_id("billing_portal.session")
    made = world.new(
        "billing_portal.session", customer["id"], id=identity, customer=customer["id"],
        configuration=configuration["id"],
        flow=_flow(world, params.get("flow_data"), configuration),
        locale=params.get("locale"), url=f"{world.base_url}/p/session/{identity}",
        return_url=params.get("return_url") or configuration["default_return_url"],
    )  # fmt: skip
    world.emit("billing_portal.session.created", made)
    return made


def _flow(world: World, given: Json | None, configuration: Json) -> Json | None:
    if given is None:
        return None
    kind = given["type"]
    feature = kind.removesuffix("_confirm")
    if not configuration["features"].get(feature, {}).get("enabled"):
        raise invalid(f"This configuration does not have the {feature} feature enabled, so the "
                      f"flow {kind} cannot be used.", "flow_data[type]")  # fmt: skip
    if kind.startswith("subscription_"):
        if kind not in given:
            raise invalid(f"Missing required param: flow_data[{kind}].", f"flow_data[{kind}]",
                          "parameter_missing")  # fmt: skip
        world.store.get("subscription", given[kind]["subscription"],
                        f"flow_data[{kind}][subscription]")  # fmt: skip
    after = given.get("after_completion") or {"type": "portal_homepage"}
    flow: Json = {
        "type": kind, "customer_update": None, "subscription_cancel": None,
        "subscription_pause": None, "subscription_update": None,
        "subscription_update_confirm": None, "after_completion": {
            "type": after["type"], "redirect": after.get("redirect"),
            "hosted_confirmation": {"custom_message": None} | after.get("hosted_confirmation", {})
            if after["type"] == "hosted_confirmation" else None},
    }  # fmt: skip
    if kind in given:
        flow[kind] = (
            {"retention": None} | given[kind] if kind == "subscription_cancel" else given[kind]
        )
    return flow
