// Signs a message from standard input with DKIM.
//     sign_mail DOMAIN SELECTOR KEY.pem < message > signed
#include <iostream>
#include <iterator>
#include <string>

#include "posthouse/base/error.h"
#include "posthouse/mailauth/dkim/signer.h"

using namespace posthouse;

namespace {

std::string read_input() {
  return {std::istreambuf_iterator<char>(std::cin), std::istreambuf_iterator<char>()};
}

std::string sign(const std::string& message, const std::string& domain, const std::string& selector,
                 const std::string& file) {
  mailauth::DkimSigner signer({{mail::Domain(domain), selector, mailauth::PrivateKey::load(file)}});
  signer.add(message);     // in pieces of any size, as they come
  return signer.finish();  // the DKIM-Signature field, to be put in front
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "usage: sign_mail DOMAIN SELECTOR KEY.pem\n";
    return 2;
  }
  try {
    const std::string message = read_input();
    std::cout << sign(message, argv[1], argv[2], argv[3]) << message;
  } catch (const Error& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
