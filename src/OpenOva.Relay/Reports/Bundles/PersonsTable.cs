using OpenOva.Relay.Identity;
using OpenOva.Relay.Reports.Evaluation;
using OpenOva.Relay.Reports.Results;

namespace OpenOva.Relay.Reports.Bundles;

/// <summary>persons.csv: the clear names of the accounts that a result names, with the salts that open the commitments in evidence.</summary>
internal static class PersonsTable
{
    public static string Of(IEnumerable<PersonRow> rows, IReadOnlySet<SubjectEvidence> subjects)
    {
        var known = rows.Where(row => subjects.Contains(new SubjectEvidence(row.Issuer, row.Subject))).ToList();
        var lines = known.Select(row => (row.Issuer, row.Subject, row.Version, Line: CsvText.Line(
            row.Issuer, row.Subject, CsvText.Number(row.Version), row.PersonId, row.DisplayName, row.UserName, row.Email, Convert.ToHexStringLower(row.Salt), row.Commitment)));
        // An account that was erased, or never seen with a name, is listed with none.
        var unknown = subjects.Except(known.Select(row => new SubjectEvidence(row.Issuer, row.Subject)))
            .Select(subject => (subject.Issuer, Subject: subject.Sub, Version: 0L, Line: CsvText.Line(subject.Issuer, subject.Sub, "", "", "", "", "", "", "")));
        return CsvText.Line("issuer", "sub", "version", "person_id", "display_name", "user_name", "email", "salt_hex", "commitment")
            + string.Concat(lines.Concat(unknown).OrderBy(l => l.Issuer, StringComparer.Ordinal).ThenBy(l => l.Subject, StringComparer.Ordinal).ThenBy(l => l.Version).Select(l => l.Line));
    }
}
