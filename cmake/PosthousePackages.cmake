# Which Debian package a module goes into. The libraries are in several, each on top of the one before: a program that reads
# mail is not to install a database, nor Boost's headers (all of it together takes some 400 MB with what it depends on).
set(POSTHOUSE_DEV_PACKAGES mime net sql all)
set(package_modules_mime base mail mime)
set(package_modules_net fiber net sasl dialogue mailauth judge sieve milter smtp pop3 imap managesieve)
set(package_modules_sql sql orm)
# What of scripts/packages.txt each depends on, besides the package before; `all` on the rest.
set(package_libraries_mime "fmt|hwy|icu|idn2|ssl|pkg-config")
set(package_libraries_net "boost-context|boost-json|expat|psl|re2|unbound|zlib")
set(package_libraries_sql "boost-url|mariadb|sqlite3")

# posthouse_package_of(MODULE VARIABLE): the install component, which is the package's name without "lib" and "-dev".
function(posthouse_package_of module variable)
  set(${variable} posthouse PARENT_SCOPE)
  foreach(package IN LISTS POSTHOUSE_DEV_PACKAGES)
    if(module IN_LIST package_modules_${package})
      set(${variable} posthouse-${package} PARENT_SCOPE)
    endif()
  endforeach()
endfunction()
