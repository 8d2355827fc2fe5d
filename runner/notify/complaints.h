#pragma once

#include <string>
#include <string_view>

// What is wrong with a part of NotifySettings, in words for the person who wrote it, or "". Asked
// when muster.yaml is read, and again before anything is sent.
namespace muster {

/// Of `text`: an unknown placeholder, a brace that is left open.
std::string template_complaint(std::string_view text);

/// Of `webhook`, and of `slack` where it is no reference: an http or https URL.
std::string web_address_complaint(std::string_view url);

/// Of `smtp`: smtp://HOST, smtps://HOST:PORT, smtps://USER:${secret:...}@HOST.
std::string mail_server_complaint(std::string_view url);

/// Of `mail_from` and each of `mail_to`: a bare address in ASCII, ops@example.org.
std::string mail_address_complaint(std::string_view address);

}  // namespace muster
