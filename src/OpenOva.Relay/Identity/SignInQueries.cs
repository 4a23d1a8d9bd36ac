using OpenOva.Relay.Database;

namespace OpenOva.Relay.Identity;

/// <summary>Which sign-ins were ledgered already, by whichever replica.</summary>
internal static class SignInQueries
{
    /// <summary>True: nobody knew of it.</summary>
    public static async Task<bool> IsNewsAsync(RelayTransaction transaction, SignIn signIn, long expiresUs) => await transaction.ExecuteAsync(
        """
        INSERT INTO sign_ins (issuer, subject, sign_in, expires_us) VALUES (@Issuer, @Subject, @Key, @expiresUs)
        ON CONFLICT (issuer, subject, sign_in) DO NOTHING
        """,
        new { signIn.Issuer, signIn.Subject, signIn.Key, expiresUs }) == 1;

    public static Task<int> ForgetAsync(RelayDatabase database, long nowUs, CancellationToken cancellation) =>
        database.ExecuteAsync("DELETE FROM sign_ins WHERE expires_us <= @nowUs", new { nowUs }, cancellation);
}
