using System.Globalization;
using System.Net;
using OpenOva.Relay.Grpc.Interop;

const string Usage = """
    The server of the public gRPC interoperability tests (grpc.testing.TestService), on loopback.

    Usage: grpc-interop-server --port N [--tls] [--certificate FILE] [--any]

      --port N            the port; 0 for any free one, which is then printed
      --tls               TLS with a certificate made at start; without it, cleartext HTTP/2
      --certificate FILE  where to write that certificate (PEM) for clients to trust; needs --tls
      --any               listen on all addresses
      --help              this text

    It also serves grpc.health.v1.Health and server reflection (v1 and v1alpha). Ctrl-C ends it.
    """;

int? port = null;
var options = new InteropServerOptions();
string? certificateFile = null;
for (var i = 0; i < args.Length; i++)
{
    switch (args[i])
    {
        case "--help" or "-h":
            Console.WriteLine(Usage);
            return 0;
        case "--port" when i + 1 < args.Length && ushort.TryParse(args[++i], NumberStyles.None, CultureInfo.InvariantCulture, out var number):
            port = number;
            break;
        case "--tls":
            options = options with { Certificate = DevelopmentCertificate.Create() };
            break;
        case "--certificate" when i + 1 < args.Length:
            certificateFile = args[++i];
            break;
        case "--any":
            options = options with { Address = IPAddress.Any };
            break;
        default:
            Console.Error.WriteLine($"Not understood: {args[i]}\n\n{Usage}");
            return 2;
    }
}

if (port is null || (certificateFile is not null && options.Certificate is null))
{
    Console.Error.WriteLine(Usage);
    return 2;
}

if (certificateFile is not null) await File.WriteAllTextAsync(certificateFile, options.Certificate!.ExportCertificatePem());
await using var server = await InteropServer.StartAsync(options with { Port = port.Value });
Console.WriteLine($"Listening on {server.Address}");
await server.WaitForShutdownAsync();
return 0;
