"""Ship the names of events that analytics libraries send, and the kinds of activity that they are."""

import re

from django.apps import apps as current_apps
from django.contrib.auth.management import create_permissions
from django.db import migrations

# Kinds that no form or rep writes. None has a rule, so none scores before a marketer says so.
TYPES = [
    # slug, label, channel
    ("signed_up", "Signed up", "product"),
    ("signed_out", "Signed out", "product"),
    ("account_created", "Account created", "product"),
    ("account_deleted", "Account deleted", "product"),
    ("user_invited", "Colleague invited", "product"),
    ("user_removed", "Colleague removed", "product"),
    ("trial_ended", "Trial ended", "product"),
    ("app_opened", "App opened", "product"),
    ("screen_view", "Screen viewed", "product"),
    ("product_viewed", "Product viewed", "web"),
    ("product_added", "Product put into the cart", "web"),
    ("checkout_started", "Checkout started", "web"),
    ("order_cancelled", "Order cancelled or refunded", "product"),
    ("product_reviewed", "Product reviewed", "web"),
    ("shop_activity", "Other step in the shop", "web"),
    ("video_watched", "Video watched", "content"),
    ("chat_started", "Chat", "web"),
    ("email_delivered", "Email delivered", "email"),
    ("other_event", "Other event", "product"),
]

NAMES = {
    # Segment's B2B SaaS events.
    "account_created": ["Account Created"],
    "account_deleted": ["Account Deleted"],
    "user_invited": ["Account Added User", "Invite Sent", "User Invited"],
    "user_removed": ["Account Removed User"],
    "login": ["Signed In", "Logged In", "User Logged In", "User Signed In"],
    "signed_out": ["Signed Out", "Logged Out"],
    "signed_up": ["Signed Up", "User Signed Up", "User Registered", "Sign Up"],
    "trial_started": ["Trial Started", "Free Trial Started", "Started Trial"],
    "trial_ended": ["Trial Ended", "Trial Expired"],
    # Segment's e-commerce events, of both versions.
    "product_viewed": [
        "Product Viewed", "Product Clicked", "Product List Viewed", "Product List Filtered",
        "Products Searched", "Viewed Product", "Viewed Product Category", "View Item", "View Item List",
    ],
    "product_added": [
        "Product Added", "Product Added to Wishlist", "Wishlist Product Added to Cart", "Added Product",
        "Add to Cart", "Added to Cart",
    ],
    "checkout_started": [
        "Checkout Started", "Checkout Step Viewed", "Checkout Step Completed", "Payment Info Entered",
        "Viewed Checkout Step", "Completed Checkout Step", "Begin Checkout",
    ],
    "purchase": [
        "Order Completed", "Completed Order", "Purchase", "Purchased", "Subscription Started",
        "Subscription Created",
    ],
    "order_cancelled": ["Order Cancelled", "Order Refunded", "Refund", "Subscription Cancelled"],
    "social_interaction": ["Product Shared", "Cart Shared", "Share", "Shared"],
    "product_reviewed": ["Product Reviewed"],
    "shop_activity": [
        "Promotion Viewed", "Promotion Clicked", "Product Removed", "Removed Product", "Cart Viewed",
        "Order Updated", "Coupon Entered", "Coupon Applied", "Coupon Denied", "Coupon Removed",
        "Product Removed from Wishlist",
    ],
    # Segment's e-mail events, and those of common senders. Mail of a machine is no answer of a rep.
    "email_opened": ["Email Opened", "Opened Email"],
    "email_clicked": ["Email Link Clicked", "Email Clicked", "Clicked Email", "Clicked Link in Email"],
    "email_delivered": ["Email Delivered", "Email Sent"],
    "email_bounced": ["Email Bounced"],
    "unsubscribed": ["Unsubscribed", "Email Unsubscribed", "Email Marked as Spam", "Marked Email as Spam"],
    "newsletter_signup": ["Newsletter Subscribed", "Subscribed to Newsletter", "Subscribed", "Email Subscribed"],
    # Segment's events of video and chat.
    "video_watched": [
        "Video Playback Started", "Video Playback Completed", "Video Content Started",
        "Video Content Completed", "Video Played", "Video Watched",
    ],
    "chat_started": ["Live Chat Conversation Started", "Live Chat Message Sent", "Chat Started"],
    # What its libraries for phones send by themselves.
    "app_opened": [
        "Application Opened", "Application Installed", "Application Updated", "Application Foregrounded",
        "Deep Link Opened", "Push Notification Tapped",
    ],
    # Marketing sites.
    "content_download": [
        "Content Downloaded", "Whitepaper Downloaded", "White Paper Downloaded", "Ebook Downloaded",
        "Case Study Downloaded", "Resource Downloaded", "Asset Downloaded", "File Downloaded",
        "File Download", "Downloaded Content",
    ],
    "form_submission": [
        "Form Submitted", "Form Completed", "Submitted Form", "Contact Form Submitted", "Lead Captured",
        "Generate Lead",
    ],
    "demo_requested": ["Demo Requested", "Requested Demo", "Requested a Demo"],
    "quote_requested": ["Quote Requested", "Requested Quote", "Pricing Requested"],
    "webinar_registered": ["Webinar Registered", "Registered for Webinar", "Webinar Signed Up"],
    "webinar_attended": ["Webinar Attended", "Attended Webinar"],
    "event_attended": ["Event Attended", "Attended Event"],
    "meeting_booked": [
        "Meeting Booked", "Meeting Scheduled", "Demo Booked", "Demo Scheduled", "Call Scheduled", "Call Booked",
    ],
    "page_view": ["Page Viewed", "Viewed Page", "Page View", "Pageview", "Loaded a Page"],
}  # fmt: skip

ACTIONS = {
    "marketer": [
        "view_eventname", "add_eventname", "change_eventname", "delete_eventname",
        "view_refusedmessage", "delete_refusedmessage",
    ],
    "manager": ["view_eventname", "view_refusedmessage"],
    "admin": [
        "view_eventname", "add_eventname", "change_eventname", "delete_eventname",
        "view_refusedmessage", "delete_refusedmessage",
    ],
}  # fmt: skip


def key_of(name):
    return re.sub(r"\W+", "_", name.lower())


def ship_names(apps, schema_editor):
    kinds = apps.get_model("leadapp", "ActivityType").objects
    # A team may have made a kind of that name: it stays as it is.
    for slug, label, channel in TYPES:
        kinds.get_or_create(slug=slug, defaults={"label": label, "channel": channel})
    ids = dict(kinds.values_list("slug", "id"))
    names = apps.get_model("leadapp", "EventName")
    names.objects.bulk_create(
        names(call="track", name=name, key=key_of(name), activity_type_id=ids[slug])
        for slug, spelt in NAMES.items()
        for name in spelt
    )
    for call, slug in (("page", "page_view"), ("screen", "screen_view")):
        names.objects.create(call=call, activity_type_id=ids[slug])


def let_edit(apps, schema_editor):
    """Django makes permissions only after all migrations; the groups need them now."""
    alias = schema_editor.connection.alias
    create_permissions(current_apps.get_app_config("leadapp"), verbosity=0, using=alias)
    permissions = apps.get_model("auth", "Permission").objects.using(alias)
    groups = apps.get_model("auth", "Group").objects.using(alias)
    for role, codenames in ACTIONS.items():
        found = permissions.filter(content_type__app_label="leadapp", codename__in=codenames)
        groups.get(name=role).permissions.add(*found)


class Migration(migrations.Migration):
    dependencies = [
        ("leadapp", "0032_event_names"),
        ("qualification", "0003_roles"),
    ]

    operations = [
        migrations.RunPython(ship_names, migrations.RunPython.noop),
        migrations.RunPython(let_edit, migrations.RunPython.noop),
    ]
