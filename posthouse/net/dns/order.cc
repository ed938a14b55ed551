// The order of records, and the names of addresses.
#include <algorithm>
#include <numeric>

#include "posthouse/net/dns/dns_record.h"
#include "posthouse/net/error.h"
#include "posthouse/net/fiber.h"

namespace posthouse::net {
namespace {

template <class Record>
void shuffle(std::vector<Record>& records) {
  for (std::size_t i = records.size(); i > 1; --i) {
    std::swap(records[i - 1], records[random_below(i)]);
  }
}

// Draws one of [first, last), all of one priority, by weight: RFC 2782's running sum. Those without a weight stand in
// front, so that a draw of 0 finds them: a small chance is left to them.
std::vector<SrvRecord>::iterator draw(std::vector<SrvRecord>::iterator first, std::vector<SrvRecord>::iterator last) {
  std::stable_partition(first, last, [](const SrvRecord& record) { return record.weight == 0; });
  const auto total = std::accumulate(first, last, std::size_t{0},
                                     [](std::size_t sum, const SrvRecord& record) { return sum + record.weight; });
  const std::size_t drawn = random_below(total + 1);
  std::size_t sum = 0;
  return std::find_if(first, last, [&](const SrvRecord& record) { return (sum += record.weight) >= drawn; });
}

std::string nibbles_name(std::string_view octets) {
  constexpr char digits[] = "0123456789abcdef";
  std::string name;
  for (std::size_t i = octets.size(); i-- > 0;) {
    const unsigned octet = static_cast<unsigned char>(octets[i]);
    for (const unsigned nibble : {octet & 15U, octet >> 4U}) {
      name.append(1, digits[nibble]).append(1, '.');
    }
  }
  return name + "ip6.arpa";
}

}  // namespace

bool is_null_mx(const std::vector<MxRecord>& records) noexcept {
  return records.size() == 1 && records.front().exchange == ".";
}

void put_in_order(std::vector<MxRecord>& records) {
  shuffle(records);
  std::stable_sort(records.begin(), records.end(),
                   [](const MxRecord& a, const MxRecord& b) { return a.preference < b.preference; });
}

void put_in_order(std::vector<SrvRecord>& records) {
  shuffle(records);
  std::stable_sort(records.begin(), records.end(),
                   [](const SrvRecord& a, const SrvRecord& b) { return a.priority < b.priority; });
  for (auto first = records.begin(); first != records.end();) {
    const auto last =
        std::find_if(first, records.end(), [&](const SrvRecord& record) { return record.priority != first->priority; });
    for (; first != last; ++first) {
      const auto chosen = draw(first, last);
      std::rotate(first, chosen, chosen + 1);
    }
  }
}

std::string reverse_name(const Address& address) {
  if (!address.is_ip()) {
    throw Error(Errc::invalid, "no IP address: " + address.to_string(), 0, true);
  }
  const std::string_view octets = address.ipv4_octets();
  if (octets.empty()) {
    return nibbles_name(address.octets());
  }
  std::string name;
  for (std::size_t i = octets.size(); i-- > 0;) {
    name += std::to_string(static_cast<unsigned char>(octets[i])) + '.';
  }
  return name + "in-addr.arpa";
}

}  // namespace posthouse::net
