"""Small OneRoster 1.2 CSV sets as zip archives."""

import io
import zipfile
import zlib

# Every file that the standard knows stands in the manifest.
FILES = (
    "academicSessions", "categories", "classes", "classResources", "courses", "courseResources", "demographics",
    "enrollments", "lineItemLearningObjectiveIds", "lineItems", "lineItemScoreScales", "orgs", "resources",
    "resultLearningObjectiveIds", "results", "resultScoreScales", "roles", "scoreScales", "userProfiles",
    "userResources", "users",
)
HEADERS = {
    "academicSessions": "title,type,startDate,endDate,parentSourcedId,schoolYear",
    "classes": "title,grades,courseSourcedId,classCode,classType,location,schoolSourcedId,termSourcedIds,subjects,"
               "subjectCodes,periods",
    "courses": "schoolYearSourcedId,title,courseCode,grades,orgSourcedId,subjects,subjectCodes",
    "enrollments": "classSourcedId,schoolSourcedId,userSourcedId,role,primary,beginDate,endDate",
    "orgs": "name,type,identifier,parentSourcedId",
    "roles": "userSourcedId,roleType,role,beginDate,endDate,orgSourcedId,userProfileSourcedId",
    "users": "enabledUser,username,userIds,givenName,familyName,middleName,identifier,email,sms,phone,agentSourcedIds,"
             "grades,password,userMasterIdentifier,resourceSourcedIds,preferredGivenName,preferredMiddleName,"
             "preferredFamilyName,primaryOrgSourcedId,pronouns",
}
NAMES = ("Åsa Öberg", "Måns Ängström", "Lotta Åkerblad", "Örjan Sjö", "Ebba Lindqvist", "Nils Hägg")


def archive(source, students):
    """A school with one class and so many students, from a source of that name. Each source has a school year of
    its own: an organiser's terms share no day."""
    year = 1930 + zlib.crc32(source.encode()) % 80
    begin, end = f"{year}-08-17", f"{year}-12-18"
    given = [name.split(" ") for name in NAMES[:students]]
    rows = {
        "academicSessions": [f"year,,,{year}-{year + 1},schoolYear,{begin},{year + 1}-06-11,,{year + 1}",
                             f"term,,,Höstterminen {year},term,{begin},{end},year,{year + 1}"],
        "classes": ["class,,,Matematik 7B,,course,7B,scheduled,,school,term,,,"],
        "courses": [f"course,,,year,Matematik,{source.upper()},,school,,"],
        "orgs": ["district,,,Väggarps kommun,district,,", "school,,,Skeppets skola,school,,district"],
        "users": [f"user-{n},,,true,user{n},,{first},{last},,,,,,,,,,,,,,school," for n, (first, last) in enumerate(given)],
        "roles": [f"role-{n},,,user-{n},primary,student,{begin},{end},school," for n in range(len(given))],
        "enrollments": [f"enrollment-{n},,,class,school,user-{n},student,,{begin},{end}" for n in range(len(given))],
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        modes = [f"file.{name},{'bulk' if name in rows else 'absent'}" for name in FILES]
        manifest = ["propertyName,value", "manifest.version,1.0", "oneroster.version,1.2", *modes,
                    "source.systemName,Contract", f"source.systemCode,{source}"]
        file.writestr("manifest.csv", "\n".join(manifest) + "\n")
        for name, lines in rows.items():
            header = f"sourcedId,status,dateLastModified,{HEADERS[name]}"
            file.writestr(f"{name}.csv", "\n".join([header, *lines]) + "\n")
    return out.getvalue()
