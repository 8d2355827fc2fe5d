#include "runner/notify/mail.h"

#include <algorithm>
#include <cctype>
#include <chrono>

#include <fmt/format.h>

#include "base/digest.h"
#include "base/text.h"
#include "runner/notify/complaints.h"
#include "runner/notify/message.h"

namespace muster {

namespace {

constexpr std::size_t kLongestSubject = 200;
constexpr std::size_t kLongestAddress = 254;  // RFC 5321
/// What fits into an encoded word of 75 characters once base 64 has made a third more of it.
constexpr std::size_t kBytesInWord = 45;
constexpr std::size_t kLineWidth = 75;

bool continues_character(char letter) {
  return (static_cast<unsigned char>(letter) & 0xC0U) == 0x80U;
}

/// The bytes of `text` that go into the next encoded word: whole characters.
std::size_t word_length(std::string_view text) {
  std::size_t length = std::min(text.size(), kBytesInWord);
  while (length < text.size() && continues_character(text[length])) --length;
  return length;
}

/// Plain ASCII stays as it is, unless it would itself be read as encoded.
std::string header_words(std::string_view text) {
  const bool plain =
      std::ranges::all_of(text, [](char letter) { return letter >= ' ' && letter < '\x7F'; });
  if (plain && text.find("=?") == std::string_view::npos) return std::string(text);
  std::vector<std::string> words;
  while (!text.empty()) {
    const std::size_t length = word_length(text);
    words.push_back("=?UTF-8?B?" + base64(text.substr(0, length)) + "?=");
    text.remove_prefix(length);
  }
  return join(words, "\r\n ");
}

/// A dot that begins a line is written out: alone it would end the message.
std::string quoted_letter(char letter, bool begins, bool ends) {
  const bool plain = letter == ' ' ? !ends : letter > ' ' && letter < '\x7F' && letter != '=';
  if (plain && !(begins && letter == '.')) return std::string(1, letter);
  return fmt::format("={:02X}", static_cast<unsigned char>(letter));
}

std::string quoted_line(std::string_view line) {
  constexpr std::size_t kLongestPiece = 3;
  std::string out;
  std::size_t width = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (width + kLongestPiece > kLineWidth) {
      out += "=\r\n";
      width = 0;
    }
    const std::string piece = quoted_letter(line[i], width == 0, i + 1 == line.size());
    out += piece;
    width += piece.size();
  }
  return out;
}

std::string quoted_printable(const std::string& text) {
  std::string out;
  for (const std::string& line : split(text, '\n')) out += quoted_line(line) + "\r\n";
  return out;
}

/// RFC 5322: "Sat, 14 Nov 2026 14:12:00 +0000".
std::string mail_date(UtcTime at) {
  constexpr std::array kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array kMonths = {
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(std::chrono::floor<std::chrono::seconds>(at - day));
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} +0000",
                     kDays.at(std::chrono::weekday(day).c_encoding()),
                     static_cast<unsigned>(date.day()),
                     kMonths.at(static_cast<unsigned>(date.month()) - 1),
                     static_cast<int>(date.year()),
                     time.hours().count(),
                     time.minutes().count(),
                     time.seconds().count());
}

bool is_dotted(std::string_view text, std::string_view also) {
  const auto fits = [&](char letter) {
    return std::isalnum(static_cast<unsigned char>(letter)) != 0 || letter == '.' ||
           also.find(letter) != std::string_view::npos;
  };
  return !text.empty() && std::ranges::all_of(text, fits) && text.front() != '.' &&
         text.back() != '.' && text.find("..") == std::string_view::npos;
}

}  // namespace

std::string mail_address_complaint(std::string_view address) {
  const std::size_t at = address.find('@');
  const bool good = at != std::string_view::npos && address.size() <= kLongestAddress &&
                    address.front() != '-' &&
                    is_dotted(address.substr(0, at), "!#$%&'*+-/=?^_`{|}~") &&
                    is_dotted(address.substr(at + 1), "-");
  if (good) return "";
  return fmt::format("'{}' is no mail address; write it bare, as ops@example.org",
                     printable(address, 100));
}

std::string mail_message(const NotifySettings& receiver,
                         const Notice& notice,
                         const std::string& delivery) {
  const std::string domain = receiver.mail_from.substr(receiver.mail_from.find('@') + 1);
  const std::string subject = printable("[muster] " + summary_of(notice), kLongestSubject);
  const std::vector<std::string> head = {"Date: " + mail_date(notice.at),
                                         "From: " + receiver.mail_from,
                                         "To: " + join(receiver.mail_to, ",\r\n "),
                                         "Subject: " + header_words(subject),
                                         "Message-ID: <" + delivery + "@" + domain + ">",
                                         "Auto-Submitted: auto-generated",
                                         "X-Muster-Event: " + std::string(name_of(notice.event)),
                                         "MIME-Version: 1.0",
                                         "Content-Type: text/plain; charset=utf-8",
                                         "Content-Transfer-Encoding: quoted-printable"};
  return join(head, "\r\n") + "\r\n\r\n" + quoted_printable(plain_text(receiver, notice));
}

}  // namespace muster
