//! Certificates, paths at a past time, CMS signatures, trust lists of many CAs.
