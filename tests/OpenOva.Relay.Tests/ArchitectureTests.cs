using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Microsoft.Extensions.Logging;

namespace OpenOva.Relay.Tests;

/// <summary>What may know what. A new line in a table here is a decision: say why in the commit.</summary>
[Trait("Kind", "Fast")]
public sealed partial class ArchitectureTests
{
    private static readonly string[] Wiring = ["Configuration", "Database", "Identity", "Messaging", "ObjectStorage", "Telemetry", "Web"];

    /// <summary>By area of the service, which other areas it may refer to. Slices may use all wiring besides.</summary>
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Configuration"] = [],
        ["Telemetry"] = ["Configuration"],
        ["Database"] = ["Configuration", "Telemetry"],
        ["ObjectStorage"] = ["Configuration", "Telemetry", "Database"],
        ["Messaging"] = ["Configuration", "Telemetry", "Database"],
        ["Web"] = ["Configuration", "Telemetry", "Database", "ObjectStorage"],
        ["Identity"] = ["Configuration", "Telemetry", "Database", "Web"],

        // The catalogue lists to a person what the policy lets him reach; the policy reads the connection it decides on.
        ["Connections"] = ["Access", "Ledger"],
        ["Access"] = ["Connections", "Ledger"],
        ["Ledger"] = [],
        ["Recordings"] = ["Ledger"],
        ["Sessions"] = ["Access", "Connections", "Recordings", "Ledger"],
        ["Calls"] = ["Recordings", "Ledger"],
        ["Reports"] = ["Recordings", "Ledger"],

        // The pages show all slices to people, each through the class that its gRPC service calls; no slice knows of them.
        ["Pages"] = ["Access", "Connections", "Recordings", "Sessions"],
    };

    /// <summary>Compose everything, hence may see everything.</summary>
    private static readonly string[] Composition = ["", "Cli"];

    /// <summary>Types at the root that everybody may use.</summary>
    private static readonly string[] RootVocabulary = ["RelayRoles", "RelayRoleSet", "ReplicaName"];

    /// <summary>By project, the projects and packages it may name. UsesGrpc adds OpenOva.Relay.Grpc or the registry's packages.</summary>
    private static readonly Dictionary<string, (string[] Projects, string[]? Packages, bool Grpc, bool AspNet)> Projects = new()
    {
        ["OpenOva.Relay.Guacamole"] = ([], [], false, false),
        ["OpenOva.Relay.Evidence"] = ([], ["System.Security.Cryptography.Pkcs"], false, false),
        ["OpenOva.Relay.Verify"] = (["OpenOva.Relay.Evidence"], ["System.CommandLine"], false, false),
        ["OpenOva.Relay.Grpc"] = ([], ["Google.Protobuf", "Grpc.Tools"], false, true),
        ["OpenOva.Relay"] = (["OpenOva.Relay.Guacamole", "OpenOva.Relay.Evidence"], null, true, true),
    };

    private static readonly string Root = FindRoot();

    private static readonly Assembly Service = typeof(RelayHost).Assembly;

    public static TheoryData<string> ProjectNames => [.. Projects.Keys];

    [Fact]
    public void Projects_UnderSrc_AreAllListed() => Assert.Equal(
        Projects.Keys.Order(StringComparer.Ordinal),
        Directory.EnumerateFiles(Path.Combine(Root, "src"), "*.csproj", SearchOption.AllDirectories)
            .Select(file => Path.GetFileNameWithoutExtension(file)).Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(ProjectNames))]
    public void Project_References_AreAllowed(string name)
    {
        var (projects, packages, grpc, aspNet) = Projects[name];
        var project = XDocument.Load(Path.Combine(Root, "src", name, name + ".csproj"));

        Assert.Equal(
            projects.Order(StringComparer.Ordinal),
            Includes(project, "ProjectReference").Select(path => Path.GetFileNameWithoutExtension(path.Replace('\\', '/'))).Order(StringComparer.Ordinal));
        if (packages is not null) Assert.Equal(packages.Order(StringComparer.Ordinal), Includes(project, "PackageReference").Order(StringComparer.Ordinal));
        Assert.Equal(grpc, project.Descendants("UsesGrpc").Any(element => element.Value == "true"));
        Assert.Equal(
            aspNet,
            project.Root!.Attribute("Sdk")!.Value == "Microsoft.NET.Sdk.Web" || Includes(project, "FrameworkReference").Contains("Microsoft.AspNetCore.App"));
    }

    [Theory]
    [InlineData("OpenOva.Relay.Guacamole")]
    [InlineData("OpenOva.Relay.Evidence", "System.Security.Cryptography.Pkcs")]
    public void Library_Compiled_RefersToTheBaseClassLibraryAlone(string name, string? besides = null)
    {
        var runtime = Path.GetDirectoryName(typeof(object).Assembly.Location)!;

        var references = Assembly.LoadFrom(Path.Combine(AppContext.BaseDirectory, name + ".dll")).GetReferencedAssemblies();

        Assert.All(references, reference => Assert.True(
            reference.Name == besides || File.Exists(Path.Combine(runtime, reference.Name + ".dll")), $"{name} refers to {reference.Name}"));
    }

    [Fact]
    public void Areas_OfTheService_AreAllListed() =>
        Assert.Empty(Service.GetTypes().Select(AreaOf).OfType<string>().Distinct().Except(Allowed.Keys).Except(Composition).Except(["V1"]));

    [Fact]
    public void Areas_References_AreAllowed()
    {
        var broken = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var type in Service.GetTypes())
        {
            if (AreaOf(type) is not { } area || Composition.Contains(area) || area == "V1") continue;
            var allowed = Wiring.Contains(area) ? Allowed[area] : [.. Allowed[area], .. Wiring];
            foreach (var referred in TypeReferences.Of(type).Where(referred => referred.Assembly == Service))
            {
                var other = AreaOf(referred);
                if (other is null || other == area || other == "V1" || allowed.Contains(other)) continue;
                if (other.Length == 0 && RootVocabulary.Contains(Outermost(referred).Name)) continue;
                broken.Add($"{area} must not refer to {(other.Length == 0 ? "the root" : other)}: {Outermost(type).Name} -> {Outermost(referred).Name}");
            }
        }

        Assert.True(broken.Count == 0, string.Join(Environment.NewLine, broken));
    }

    [Fact]
    public void Areas_ReferenceScan_SeesBodiesSignaturesAndGenerics()
    {
        var seen = TypeReferences.Of(typeof(RelayHost));

        Assert.Contains(typeof(OpenOva.Relay.Web.DoorRouting), seen);
        Assert.Contains(typeof(OpenOva.Relay.Messaging.MessagingOptions), seen);
        Assert.Contains(typeof(OpenOva.Relay.Configuration.DataDirectory), seen);
    }

    [Fact]
    public void LogEvents_OfTheService_AreNumberedOnce()
    {
        var events = Service.GetTypes()
            .SelectMany(type => type.GetMethods(BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            .Select(method => (Method: method, Event: method.GetCustomAttribute<LoggerMessageAttribute>()))
            .Where(log => log.Event is not null)
            .ToArray();

        Assert.NotEmpty(events);
        Assert.All(events, log => Assert.True(log.Event!.EventId > 0, $"{log.Method.DeclaringType!.Name}.{log.Method.Name} has no event id"));
        var twice = events.GroupBy(log => log.Event!.EventId).Where(group => group.Count() > 1)
            .Select(group => $"{group.Key}: {string.Join(", ", group.Select(log => $"{log.Method.DeclaringType!.Name}.{log.Method.Name}"))}");
        Assert.Empty(twice);
    }

    [Theory]
    [InlineData("relay")]
    [InlineData("OpenOva.Relay.Guacamole")]
    [InlineData("OpenOva.Relay.Evidence")]
    public void Types_Names_MeanSomething(string assembly)
    {
        // Not OpenOva.Relay.Grpc: its public names are those of the packages that it stands in for, HealthServiceImpl among them.
        var empty = Assembly.LoadFrom(Path.Combine(AppContext.BaseDirectory, assembly + ".dll")).GetTypes()
            .Where(type => !Outermost(type).Name.StartsWith('<')) // the compiler's
            .Select(type => type.Name.Split('`')[0])
            .Where(name => MeaninglessName().IsMatch(name))
            .Except(["HealthServiceImpl", "ReflectionServiceImpl", "ReflectionV1ServiceImpl"]); // public names of the packages that Grpc stands in for

        Assert.Empty(empty);
    }

    [Fact]
    public void TestClasses_InAllTestProjects_CarryExactlyOneKind()
    {
        var sources = Directory.EnumerateFiles(Path.Combine(Root, "tests"), "*.cs", SearchOption.AllDirectories).Select(File.ReadAllText);

        Assert.Empty(TestKinds.Faults([.. sources]));
    }

    [Theory]
    [InlineData("public sealed class A\n{\n    [Fact]\n    public void X() {}\n}\n", "A has 0 kinds")]
    [InlineData("[Trait(\"Kind\", \"Fast\")]\n[Trait(\"Kind\", \"Real\")]\npublic class A\n{\n    [Theory]\n}\n", "A has 2 kinds")]
    [InlineData("[Trait(\"Kind\", \"Quick\")]\npublic class A\n{\n    [Fact]\n}\n", "A has the unknown kind Quick")]
    [InlineData("public abstract class A(int i)\n{\n    [Fact]\n}\npublic sealed class B() : A(1);\n", "B has 0 kinds")]
    [InlineData("public abstract class A\n{\n    [Fact]\n}\npublic abstract class B : A;\npublic sealed class C : B, IDisposable\n{\n}\n", "C has 0 kinds")]
    [InlineData("[Trait(\"Kind\", \"Fast\")] public sealed class A\n{\n    [Fact]\n}\npublic sealed class Helper;\n", null)]
    [InlineData("[Trait(\"Kind\", \"Fast\")]\npublic abstract class A\n{\n    [Fact]\n}\n", "A is abstract and has a kind")]
    [InlineData("public class A\n{\n    [Fact]\n    [Trait(\"Kind\", \"Fast\")]\n    public void X() {}\n\n    [Fact, Trait(\"Kind\", \"Soak\")]\n    public void Y() {}\n}\n", null)]
    [InlineData("public class A\n{\n    [Fact]\n    [Trait(\"Kind\", \"Fast\")]\n    public void X() {}\n\n    [Fact]\n    public void Y() {}\n}\n", "A has 0 kinds")]
    [InlineData("[Trait(\"Kind\", \"Fast\")]\npublic class A\n{\n    [Fact]\n    [Trait(\"Kind\", \"Fast\")]\n    public void X() {}\n}\n", "A has a kind of its own and its tests have too")]
    public void TestClasses_KindScan_FindsEachFault(string source, string? fault) =>
        Assert.Equal(fault is null ? [] : [fault], TestKinds.Faults([source]));

    private static IEnumerable<string> Includes(XDocument project, string element) =>
        project.Descendants(element).Select(reference => reference.Attribute("Include")?.Value).OfType<string>();

    /// <summary>The part of the namespace behind OpenOva.Relay; null for what is not ours, such as generated code of other packages.</summary>
    private static string? AreaOf(Type type)
    {
        var space = Outermost(type).Namespace ?? "";
        if (space == "OpenOva.Relay") return Outermost(type).Name.StartsWith('<') ? null : "";
        return space.StartsWith("OpenOva.Relay.", StringComparison.Ordinal) ? space.Split('.')[2] : null;
    }

    private static Type Outermost(Type type) => type.DeclaringType is { } outer ? Outermost(outer) : type;

    private static string FindRoot()
    {
        var at = new DirectoryInfo(AppContext.BaseDirectory);
        while (at is not null && !File.Exists(Path.Combine(at.FullName, "OpenOva.Relay.sln"))) at = at.Parent;
        return at?.FullName ?? throw new InvalidOperationException("OpenOva.Relay.sln is above no directory of the tests.");
    }

    [GeneratedRegex("(Manager|Helpers?|Utils?|Utilities|Common|Impl)$")]
    private static partial Regex MeaninglessName();
}
