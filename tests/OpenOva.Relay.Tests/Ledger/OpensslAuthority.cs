using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace OpenOva.Relay.Tests.Ledger;

/// <summary>A time-stamping authority: <c>openssl ts -reply</c> behind HTTP, with a root of its own.</summary>
internal sealed class OpensslAuthority : IAsyncDisposable
{
    public const string Policy = "1.2.3.4.1";
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("relay-tsa-");
    private WebApplication? _server;

    public string Url => _server!.Urls.First();

    public string CaFile => Path.Combine(_folder.FullName, "ca.pem");

    public int Asked { get; private set; }

    public static bool IsThere => File.Exists("/usr/bin/openssl");

    public static async Task<OpensslAuthority> StartAsync()
    {
        var authority = new OpensslAuthority();
        await authority.MakeKeysAsync();
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http1));
        authority._server = builder.Build();
        authority._server.Run(authority.AnswerAsync);
        await authority._server.StartAsync();
        return authority;
    }

    /// <summary>The answer to a query, as <c>openssl ts</c> makes it.</summary>
    private async Task<byte[]> ReplyAsync(byte[] query)
    {
        var name = $"q{++Asked}";
        await File.WriteAllBytesAsync(At($"{name}.tsq"), query);
        await RunAsync("ts", "-reply", "-config", At("tsa.cnf"), "-section", "tsa", "-queryfile", At($"{name}.tsq"), "-out", At($"{name}.tsr"));
        return await File.ReadAllBytesAsync(At($"{name}.tsr"));
    }

    /// <summary>Another tool's word on a token over a digest.</summary>
    public async Task<string> VerifyAsync(byte[] token, string digest, string caFile)
    {
        await File.WriteAllBytesAsync(At("token.der"), token);
        return await RunAsync("ts", "-verify", "-digest", digest, "-in", At("token.der"), "-token_in", "-CAfile", caFile);
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null) await _server.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    private async Task AnswerAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        Assert.Equal("application/timestamp-query", context.Request.ContentType);
        context.Response.ContentType = "application/timestamp-reply";
        await context.Response.Body.WriteAsync(await ReplyAsync(body.ToArray()));
    }

    private async Task MakeKeysAsync()
    {
        await File.WriteAllTextAsync(At("ext.cnf"), "basicConstraints=CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=critical,timeStamping\n");
        await File.WriteAllTextAsync(At("tsa.cnf"), $"""
            [tsa]
            dir = {_folder.FullName}
            serial = $dir/serial
            crypto_device = builtin
            signer_cert = $dir/tsa.pem
            certs = $dir/ca.pem
            signer_key = $dir/tsa.key
            signer_digest = sha256
            default_policy = {Policy}
            other_policies = 1.2.3.4.2
            digests = sha256
            accuracy = secs:1
            ess_cert_id_chain = no
            ess_cert_id_alg = sha256
            """);
        await File.WriteAllTextAsync(At("serial"), "01\n");
        await RunAsync("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", At("ca.key"), "-out", CaFile, "-days", "30", "-subj", "/CN=Test root");
        await RunAsync("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", At("tsa.key"), "-out", At("tsa.csr"), "-subj", "/CN=Test TSA");
        await RunAsync(
            "x509", "-req", "-in", At("tsa.csr"), "-CA", CaFile, "-CAkey", At("ca.key"), "-CAcreateserial", "-out", At("tsa.pem"), "-days", "2", "-extfile", At("ext.cnf"));
    }

    private string At(string file) => Path.Combine(_folder.FullName, file);

    private static async Task<string> RunAsync(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("/usr/bin/openssl", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? await output : throw new InvalidOperationException($"openssl {string.Join(' ', arguments)}: {error}");
    }
}
