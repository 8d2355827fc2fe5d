#pragma once

#include <array>
#include <string>
#include <string_view>

#include "runner/notify/notify.h"

// What a notice reads like in each of the places it is sent to. The words of the notice are inert
// there: they cannot mention, link, break out of a field or steer a terminal.
namespace muster {

constexpr std::array<std::string_view, 8> kPlaceholders = {
    "drill", "status", "headline", "schedule", "run", "link", "event", "at"};

/// One line: "drain-us-east failed: it took 42 s".
std::string summary_of(const Notice& notice);

/// The receiver's own text, or the summary and the link below it; for people, in plain text.
std::string plain_text(const NotifySettings& receiver, const Notice& notice);

/// The JSON that Slack and those who follow it take.
std::string chat_body(const NotifySettings& receiver, const Notice& notice);

/// The JSON of a webhook; docs/notifications.md names its members.
std::string webhook_body(const NotifySettings& receiver,
                         const Notice& notice,
                         const std::string& delivery);

}  // namespace muster
