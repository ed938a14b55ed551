// Says whether the message on standard input is from whom it says, and sums up the DMARC reports that are given.
//     judge_mail CLIENT-IP HELO MAIL-FROM [DNS-SERVER:PORT] < message
//     judge_mail REPORT…
#include <chrono>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

#include "posthouse/base/error.h"
#include "posthouse/mailauth/reports/senders.h"
#include "posthouse/mailauth/verify.h"

using namespace posthouse;
using namespace std::chrono_literals;

namespace {

std::string read_all(std::istream& input) {
  return {std::istreambuf_iterator<char>(input), {}};
}

/// What to do with a message that a client has handed in.
void judge(const std::string& message, const mailauth::Envelope& envelope, net::Resolver& resolver) {
  const mailauth::MessageResults found = mailauth::verify_message(message, envelope, resolver, {}, 30s);
  std::cout << "SPF: " << to_string(found.spf->verdict) << ", " << found.spf->reason << '\n';
  std::cout << "DMARC: " << to_string(found.dmarc.verdict) << ", " << found.dmarc.reason << '\n';
  if (found.dmarc.refuse || found.dmarc.disposition == mailauth::DmarcPolicy::reject) {
    std::cout << "to be refused\n";
  }
  for (const std::string& step : found.dmarc.steps) {
    std::cout << "  " << step << '\n';
  }
}

/// Who sends in my name.
void sum_up(const std::string& file, mailauth::SenderTable& table) {
  std::ifstream input(file, std::ios::binary);
  for (const mailauth::AggregateReport& report : mailauth::read_aggregate_reports(read_all(input))) {
    table.add(report);
  }
}

void print(const mailauth::SenderTable& table) {
  for (const mailauth::Sender& sender : table.senders()) {
    std::cout << sender.domain << ' ' << sender.source_ip << ": " << sender.passed << " of " << sender.messages
              << " passed\n";
  }
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc < 2) {
      std::cerr << "usage: judge_mail CLIENT-IP HELO MAIL-FROM [DNS-SERVER:PORT] < message\n";
      return 2;
    }
    if (const auto ip = net::Address::try_ip(argv[1], 0); ip && argc >= 4) {
      net::SystemResolver resolver({.server = argc > 4 ? argv[4] : "", .trust_anchors = ""});
      judge(read_all(std::cin), {*ip, argv[2], argv[3], "this.house.example"}, resolver);
      return 0;
    }
    mailauth::SenderTable table;
    for (int i = 1; i < argc; ++i) {
      sum_up(argv[i], table);
    }
    print(table);
  } catch (const Error& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
