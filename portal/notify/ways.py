"""Which channels the settings set up."""

from portal.notification_settings import NotificationSettings
from portal.notify.matrix import Way


def ways_of(settings: NotificationSettings) -> list[Way]:
    """In the order of the list of channels."""
    given = {
        Way.MAIL: settings.smtp_url,
        Way.WECOM: settings.wecom,
        Way.DINGTALK: settings.dingtalk,
        Way.FEISHU: settings.feishu,
        Way.WEBHOOK: settings.webhook_url,
        Way.SMS: settings.sms_url,
    }
    return [way for way in Way if given[way]]
