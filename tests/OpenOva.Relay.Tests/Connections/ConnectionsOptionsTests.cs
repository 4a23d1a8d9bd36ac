using Microsoft.Extensions.Configuration;
using OpenOva.Relay.Connections;

namespace OpenOva.Relay.Tests.Connections;

[Trait("Kind", "Fast")]
public sealed class ConnectionsOptionsTests : IDisposable
{
    private readonly DirectoryInfo _files = Directory.CreateTempSubdirectory("relay-options-");

    public void Dispose() => _files.Delete(recursive: true);

    [Theory]
    [InlineData("", "", "", "Relay:Connections:Folder must name the folder of GuacamoleConnection files, or Kubernetes:ApiServer the API server that has them.")]
    [InlineData("/connections", "", "", null)]
    [InlineData("", "https://10.0.0.1:6443", "relay", null)]
    [InlineData("/connections", "https://10.0.0.1:6443", "relay", "Relay:Connections:Folder must be empty where Kubernetes:ApiServer is set: declarations come from one place.")]
    [InlineData("", "http://10.0.0.1:6443", "relay", "Relay:Connections:Kubernetes:ApiServer must be https://HOST:PORT, or in-cluster.")]
    [InlineData("", "https://10.0.0.1:6443/k8s", "relay", "Relay:Connections:Kubernetes:ApiServer must be https://HOST:PORT, or in-cluster.")]
    [InlineData("", "in-cluster", "relay", "Relay:Connections:Kubernetes:ApiServer is in-cluster, but KUBERNETES_SERVICE_HOST is not set.")]
    [InlineData("", "https://10.0.0.1:6443", "Relay/x", "Relay:Connections:Kubernetes:Namespace must name a namespace: there is no pod whose own it could be.")]
    public void Check_WhereDeclarationsComeFrom_IsOnePlace(string folder, string server, string space, string? failure) =>
        Assert.Equal(failure, Failure(folder, server, space, []));

    [Fact]
    public void Check_KubernetesWithoutItsFiles_IsTold() =>
        Assert.Contains("Kubernetes:TokenFile must name a readable file", Failure("", "https://10.0.0.1:6443", "relay", [], files: false), StringComparison.Ordinal);

    [Theory]
    [InlineData("10.96.0.1", "443", "https://10.96.0.1:443")]
    [InlineData("fd00::1", "6443", "https://[fd00::1]:6443")]
    public void Resolve_InCluster_IsWhatThePodIsTold(string host, string port, string server)
    {
        var options = new ConnectionsOptions { Kubernetes = { ApiServer = "in-cluster" } };

        options.Kubernetes.Resolve(new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?> { ["KUBERNETES_SERVICE_HOST"] = host, ["KUBERNETES_SERVICE_PORT"] = port }).Build());

        Assert.Equal(server, options.Kubernetes.Server);
        Assert.Null(Failure("", "in-cluster", "relay", new() { ["KUBERNETES_SERVICE_HOST"] = host, ["KUBERNETES_SERVICE_PORT"] = port }));
    }

    private string? Failure(string folder, string server, string space, Dictionary<string, string?> environment, bool files = true)
    {
        var file = Path.Combine(_files.FullName, "file");
        if (files) File.WriteAllText(file, "x");
        var options = new ConnectionsOptions { Folder = folder, Kubernetes = { ApiServer = server, Namespace = space, TokenFile = file, CaFile = file } };
        options.Kubernetes.Resolve(new ConfigurationBuilder().AddInMemoryCollection(environment).Build());
        return new ConnectionsRules().Validate(null, options).FailureMessage;
    }
}
