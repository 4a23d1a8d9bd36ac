using System.Text;

namespace OpenOva.Relay.Guacamole;

/// <summary>Step (4) of the handshake: values by name onto the names that came. They differ by guacd's release and by how it was built.</summary>
public sealed partial class GuacdConnection
{
    private const string ReadOnly = "read-only";

    private async Task<string[]> MapValuesAsync(GuacdHandshake handshake, CancellationToken cancellationToken)
    {
        var given = new Dictionary<string, string>(StringComparer.Ordinal);
        var required = handshake.RequiredParameters;
        if (handshake.IsJoin)
        {
            if (handshake.JoinReadOnly)
            {
                // A guacd that does not know it would hand the watcher keyboard and mouse.
                given[ReadOnly] = "true";
                required = [ReadOnly];
            }
        }
        else
        {
            foreach (var (name, value) in handshake.Parameters)
                given[name] = value;
            if (handshake.Secrets is not null)
                foreach (var (name, value) in await handshake.Secrets(ArgNames, cancellationToken))
                    given[name] = value;
        }

        foreach (var (name, value) in given)
            CheckValue(name, value);
        CheckRequired(required, given);

        var values = new string[ArgNames.Count];
        for (var i = 0; i < values.Length; i++)
            values[i] = given.TryGetValue(ArgNames[i], out var value) ? value : "";

        IgnoredParameters = [.. given.Keys.Except(ArgNames, StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        _sentValues = [.. values.Where(value => value.Length > 0).OrderByDescending(value => value.Length)];
        return values;
    }

    private static void CheckValue(string name, string value)
    {
        // guacd keeps values as C strings: what follows a NUL would be dropped without a word.
        if (value.Contains('\0', StringComparison.Ordinal))
            throw new GuacdException(GuacdFailure.ParameterInvalid, $"The value of parameter {name} holds a NUL character.");

        // Runes are at most chars, so the count is only needed for what may be too long.
        if (value.Length > GuacamoleLimits.MaxElementLength && CountRunes(value) > GuacamoleLimits.MaxElementLength)
            throw new GuacdException(
                GuacdFailure.ParameterInvalid,
                $"The value of parameter {name} has more than the {GuacamoleLimits.MaxElementLength} characters that guacd reads.");
    }

    private void CheckRequired(IReadOnlyCollection<string> required, Dictionary<string, string> given)
    {
        string[] unknown = [.. required.Except(ArgNames, StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        if (unknown.Length > 0)
            throw new GuacdException(
                GuacdFailure.RequiredParameterMissing,
                $"This guacd has no parameter {string.Join(", ", unknown)} for the protocol: it would ignore what is required.") { Parameters = unknown };
        string[] empty = [.. required.Where(name => given.GetValueOrDefault(name) is not { Length: > 0 }).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        if (empty.Length > 0)
            throw new GuacdException(
                GuacdFailure.RequiredParameterMissing,
                $"The parameter {string.Join(", ", empty)} is required and was given no value.") { Parameters = empty };
    }

    private static int CountRunes(string value)
    {
        var count = 0;
        foreach (Rune _ in value.EnumerateRunes())
            count++;
        return count;
    }
}
