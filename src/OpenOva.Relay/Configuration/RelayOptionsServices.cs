using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace OpenOva.Relay.Configuration;

/// <summary>A section under <c>Relay:</c> that a slice owns whole, and how to list what is wrong with it.</summary>
internal sealed record OptionsSection(string Section, Func<IServiceProvider, IEnumerable<string>> Failures);

internal static class RelayOptionsServices
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
        services.AddSingleton(new OptionsSection(section, FailuresOf<TOptions>));
        return services;
    }

    private static IEnumerable<string> FailuresOf<TOptions>(IServiceProvider provider)
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
            // The binder's text names the key: "Failed to convert configuration value at 'Relay:Bus:…' to type …".
            return [unbound.Message];
        }
    }
}
