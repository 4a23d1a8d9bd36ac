using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace OpenOva.Relay.Configuration;

/// <summary>A section under <c>Relay:</c> that a slice owns whole, and how to list what is wrong with it.</summary>
internal sealed record OptionsSection(string Section, Func<IServiceProvider, IEnumerable<string>> Failures);

internal static partial class RelayOptionsServices
{
    /// <summary>
    /// Binds <paramref name="section"/> to <typeparamref name="TOptions"/> and validates it at start with all others. A key that the class does
    /// not have is an error: a mistyped key must not leave a rule at its default. The options object itself is injectable.
    /// </summary>
    public static IServiceCollection AddRelayOptions<TOptions, TRules>(this IServiceCollection services, string section)
        where TOptions : class
        where TRules : OptionsRules<TOptions>
    {
        services.AddOptions<TOptions>().BindConfiguration(section, binder => binder.ErrorOnUnknownConfiguration = true);
        services.AddSingleton<IValidateOptions<TOptions>, TRules>();
        services.TryAddSingleton(provider => provider.GetRequiredService<IOptions<TOptions>>().Value);
        services.AddSingleton(new OptionsSection(section, provider => FailuresOf<TOptions>(provider, section)));
        return services;
    }

    private static IEnumerable<string> FailuresOf<TOptions>(IServiceProvider provider, string section)
        where TOptions : class
    {
        try
        {
            _ = provider.GetRequiredService<IOptions<TOptions>>().Value;
            return [];
        }
        catch (OptionsValidationException invalid)
        {
            return invalid.Failures;
        }
        catch (InvalidOperationException unbound)
        {
            // "… the following properties were not found on the instance of OpenOva.Relay.Web.WebOptions: 'Prot', 'Adress'"
            if (UnknownProperties().Match(unbound.Message) is { Success: true } match && match.Groups[1].Value == typeof(TOptions).FullName)
                return match.Groups[2].Captures.Select(name => $"{section}:{name.Value} is not known: nothing reads it.");

            // "Failed to convert configuration value '…' at 'Relay:Bus:SweepInterval' to type 'System.TimeSpan'."
            return [unbound.Message];
        }
    }

    [GeneratedRegex(@"properties were not found on the instance of ([A-Za-z0-9_.+]+): (?:'([^']*)'(?:, )?)+")]
    private static partial Regex UnknownProperties();
}
