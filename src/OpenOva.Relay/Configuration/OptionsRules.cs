using Microsoft.Extensions.Options;

namespace OpenOva.Relay.Configuration;

/// <summary>A slice's validator: every broken rule is reported, each naming the exact key to set. Values are never quoted: some are secrets.</summary>
internal abstract class OptionsRules<TOptions>(string section) : IValidateOptions<TOptions>
    where TOptions : class
{
    private readonly List<string> _failures = [];

    public ValidateOptionsResult Validate(string? name, TOptions options)
    {
        _failures.Clear();
        Check(options);
        return _failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail([.. _failures]);
    }

    /// <summary>Calls <see cref="Fail"/> for each broken rule, without stopping at the first.</summary>
    protected abstract void Check(TOptions options);

    protected void Fail(string key, string rule) => _failures.Add($"{section}:{key} {rule}.");

    protected void Positive(string key, TimeSpan value)
    {
        if (value <= TimeSpan.Zero) Fail(key, "must be a positive time, such as 00:00:05");
    }

    protected void Range(string key, long value, long least, long most)
    {
        if (value < least || value > most) Fail(key, $"must be {least} to {most}");
    }

    /// <summary>An empty path is allowed; a set one must name a readable file.</summary>
    protected void FileReadable(string key, string path)
    {
        if (path.Length == 0) return;
        try
        {
            using var file = File.OpenRead(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Fail(key, "must name a readable file");
        }
    }
}
