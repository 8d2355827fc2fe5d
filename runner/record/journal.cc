#include "runner/record/journal.h"

#include <cerrno>
#include <charconv>
#include <cstring>

#include <fcntl.h>
#include <unistd.h>

#include <boost/crc.hpp>

#include "base/digest.h"
#include "base/error.h"
#include "base/files.h"
#include "base/secret.h"
#include "base/text.h"

namespace muster {

namespace {

constexpr off_t kRoom = 256 << 10;
/// Of the room, what is left to durable records: intents, undos, the end.
constexpr off_t kLastResort = 64 << 10;
constexpr std::size_t kChainDigits = 16;

std::uint32_t crc32c(std::string_view bytes) {
  boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true> crc;
  crc.process_bytes(bytes.data(), bytes.size());
  return crc.checksum();
}

std::string next_chain(const std::string& chain, std::uint64_t sequence, std::string_view json) {
  const std::string digest = sha256(fmt::format("{} {} {}", chain, sequence, json));
  return digest.substr(digest.find(':') + 1, kChainDigits);
}

/// Reads a number up to the next blank and takes both off `text`.
template <class Number>
bool take_number(std::string_view& text, Number& number, int base) {
  const std::size_t blank = text.find(' ');
  if (blank == std::string_view::npos) return false;
  const auto [end, status] = std::from_chars(text.data(), text.data() + blank, number, base);
  if (status != std::errc() || end != text.data() + blank) return false;
  text.remove_prefix(blank + 1);
  return true;
}

std::optional<JournalRecord> parse_record(std::string_view line) {
  std::uint32_t expected = 0;
  JournalRecord record;
  if (!take_number(line, expected, 16) || crc32c(line) != expected) return std::nullopt;
  if (!take_number(line, record.sequence, 10)) return std::nullopt;
  if (line.size() < kChainDigits + 1 || line[kChainDigits] != ' ') return std::nullopt;
  record.chain = line.substr(0, kChainDigits);
  record.detail = parse_json(line.substr(kChainDigits + 1), "a journal record").as_object();
  record.kind = text_at(record.detail, "kind");
  return record;
}

/// Whether `record` is the one that comes after `before` (nullptr: the first).
bool follows(const JournalRecord& record, std::string_view line, const JournalRecord* before) {
  const std::string_view json = line.substr(line.find('{'));
  const std::string chain = before == nullptr ? "" : before->chain;
  const std::uint64_t sequence = before == nullptr ? 1 : before->sequence + 1;
  return record.sequence == sequence && record.chain == next_chain(chain, sequence, json);
}

}  // namespace

Journal Journal::create(const std::filesystem::path& path) {
  const int descriptor =
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (descriptor < 0) fail_errno("cannot create the journal " + path.string());
  Journal journal(descriptor, {});
  journal.make_room(static_cast<std::size_t>(kLastResort), true);
  sync_directory(path.parent_path());
  return journal;
}

Journal Journal::reopen(const std::filesystem::path& path) {
  const JournalContent content = read_journal(path);
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW);
  if (descriptor < 0) fail_errno("cannot open the journal " + path.string());
  End end;
  end.bytes = static_cast<off_t>(content.good_bytes);
  if (!content.records.empty()) {
    end.next = content.records.back().sequence + 1;
    end.chain = content.records.back().chain;
  }
  Journal journal(descriptor, end);
  if (content.torn && ::ftruncate(descriptor, end.bytes) != 0) {
    fail_errno("cannot mend the journal " + path.string());
  }
  return journal;
}

Journal::Journal(int descriptor, End end) : descriptor_(descriptor), end_(std::move(end)) {}

Journal::Journal(Journal&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      end_(std::move(other.end_)),
      room_(other.room_),
      lost_(std::move(other.lost_)) {}

Journal::~Journal() {
  if (descriptor_ < 0) return;
  // Gives back the room that was not used; where that fails, a little disk is wasted.
  if (lost_.empty() && ::ftruncate(descriptor_, end_.bytes) != 0) lost_ = "ending";
  ::close(descriptor_);
}

void Journal::append(std::string_view kind, json::object detail, bool durable) {
  if (!lost_.empty()) fail("the journal was lost before: {}", lost_);
  json::object record;
  record["kind"] = json::string(kind.data(), kind.size());
  for (auto& [key, value] : detail) record[key] = std::move(value);
  const std::string json = without_secrets(compact_json(record));
  const std::string chain = next_chain(end_.chain, end_.next, json);
  const std::string rest = fmt::format("{} {} {}", end_.next, chain, json);
  const std::string line = fmt::format("{:08x} {}\n", crc32c(rest), rest);
  make_room(line.size(), durable);
  write_whole(line);
  end_ = {end_.next + 1, chain, end_.bytes + static_cast<off_t>(line.size())};
  if (durable && ::fdatasync(descriptor_) != 0) {
    lost_ = std::strerror(errno);
    fail("cannot make the journal durable: {}", lost_);
  }
}

void Journal::make_room(std::size_t bytes, bool durable) {
  const off_t wanted = end_.bytes + static_cast<off_t>(bytes) + (durable ? 0 : kLastResort);
  if (wanted <= room_) return;
  // The file keeps its length, so that what was never written is never read.
  if (::fallocate(descriptor_, FALLOC_FL_KEEP_SIZE, end_.bytes, kRoom) == 0) {
    room_ = end_.bytes + kRoom;
    return;
  }
  const bool cannot = errno == EOPNOTSUPP || errno == ENOSYS;  // this file system takes its chance
  const bool still_fits = durable && end_.bytes > 0;           // the write itself will tell
  if (!cannot && !still_fits) fail_errno("no room on disk for the journal");
}

void Journal::write_whole(std::string_view line) {
  while (!line.empty()) {
    const ssize_t count = ::write(descriptor_, line.data(), line.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      const std::string why = std::strerror(errno);
      if (::ftruncate(descriptor_, end_.bytes) != 0) lost_ = why;
      fail("cannot write the journal: {}", why);
    }
    line.remove_prefix(static_cast<std::size_t>(count));
  }
}

JournalContent parse_journal(std::string_view text) {
  JournalContent content;
  std::size_t position = 0;
  while (position < text.size()) {
    const std::size_t end = text.find('\n', position);
    const bool ended = end != std::string_view::npos;
    const std::string_view line = text.substr(position, ended ? end - position : end);
    position = ended ? end + 1 : text.size();
    std::optional<JournalRecord> record;
    if (ended) record = parse_record(line);
    if (!record) {
      content.torn = true;
      continue;
    }
    const JournalRecord* const before = content.records.empty() ? nullptr : &content.records.back();
    if (content.torn || !follows(*record, line, before)) content.damaged = true;
    content.torn = false;
    content.records.push_back(*std::move(record));
    content.good_bytes = position;
  }
  return content;
}

JournalContent read_journal(const std::filesystem::path& path) {
  return parse_journal(read_file(path));
}

}  // namespace muster
