// Any octets are a search and the messages that it is made in: "keys LF -- LF message LF -- LF message …".
//
// What must hold: the search finds what one finds that decodes everything anew for each key; SORT and THREAD give each
// message once.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/imap/search/base_subject.h"
#include "posthouse/imap/search/thread.h"
#include "posthouse/imap/testing/naive_search.h"
#include "posthouse/imap/testing/search_text.h"
#include "posthouse/imap/testing/searched_box.h"

using namespace posthouse;

namespace {

void require(bool holds) {
  if (!holds) {
    std::abort();
  }
}

std::string_view take_piece(std::string_view& input) {
  constexpr std::string_view mark = "\n--\n";
  const std::size_t end = input.find(mark);
  const std::string_view piece = input.substr(0, end);
  input.remove_prefix(end == std::string_view::npos ? input.size() : end + mark.size());
  return piece;
}

void check_order(std::vector<std::uint32_t> numbers, std::uint32_t count) {
  std::sort(numbers.begin(), numbers.end());
  require(numbers.size() == count);
  for (std::uint32_t i = 0; i < count; ++i) {
    require(numbers[i] == i + 1);
  }
}

void check_sort(imap::OpenMailbox& mailbox) {
  for (int key = 0; key <= static_cast<int>(imap::SortKey::display_to); ++key) {
    const imap::SortCriterion criterion{.key = static_cast<imap::SortKey>(key), .reverse = key % 2 == 0};
    check_order(imap::sort(mailbox, imap::NumberSet::all(), {criterion}, imap::Numbering::sequence).numbers,
                mailbox.count());
  }
}

void check_threads(imap::OpenMailbox& mailbox) {
  for (const auto algorithm :
       {imap::ThreadAlgorithm::ordered_subject, imap::ThreadAlgorithm::references, imap::ThreadAlgorithm::refs}) {
    const auto found = imap::thread(mailbox, imap::NumberSet::all(), algorithm, imap::Numbering::sequence);
    std::vector<std::uint32_t> numbers;
    std::uint32_t depth = 0;
    for (const imap::response::ThreadNode& node : found.thread.nodes) {
      require(node.depth <= depth);
      depth = node.depth + 1;
      if (node.number != 0) {
        numbers.push_back(node.number);
      }
    }
    check_order(numbers, mailbox.count());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::string_view line = take_piece(input);
  const imap::BaseSubject base = imap::base_subject(line);
  require(base.text.size() <= line.size());
  imap::SearchedBox box;
  for (int i = 0; i < 20 && !input.empty(); ++i) {
    box.append(take_piece(input), {.flags = i % 2 == 0 ? imap::Flags(imap::SystemFlag::seen) : imap::Flags()});
  }
  const auto mailbox = box.open();
  check_sort(*mailbox);
  check_threads(*mailbox);
  imap::SearchKeys keys;
  try {
    keys = imap::search_keys(line);
  } catch (const std::exception&) {  // no keys
    return 0;
  }
  const imap::SearchContext context{.now = std::chrono::sys_days(std::chrono::year(2026) / 12 / 1), .saved = 2U};
  try {
    const imap::NumberSet found = imap::search(*mailbox, keys, {}, context).uids;
    require(found == imap::NaiveSearch(*mailbox, keys, context).run());
  } catch (const imap::MailError& error) {
    require(error.response_code() == "BADCHARSET");
  }
  return 0;
}
