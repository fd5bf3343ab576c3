DROP TABLE client_certificates;
DROP TABLE certificate_authorities;
