using OpenOva.Relay.Configuration;
using OpenOva.Relay.Database;
using OpenOva.Relay.Ledger;
using OpenOva.Relay.Messaging;
using OpenOva.Relay.ObjectStorage;
using OpenOva.Relay.Reports.Bundles;
using OpenOva.Relay.Reports.Controls;
using OpenOva.Relay.Reports.Pdf;

namespace OpenOva.Relay.Reports;

internal static class ReportsServices
{
    /// <summary>Catalogues, the report job, and what <see cref="ReportsGrpcService"/> needs.</summary>
    public static IServiceCollection AddReports(this IServiceCollection services)
    {
        services.AddRelayOptions<ReportsOptions, ValidateReportsOptions>(ReportsOptions.Section);

        // Read here and not when first asked for: a build with a bad catalogue does not start.
        services.AddSingleton(new Catalogues());
        services.AddSingleton<IReportPdf, WeasyPrintPdf>();
        services.AddSingleton<ReportPins>();
        services.AddSingleton<BundleRecordings>();
        services.AddSingleton(p => new ReportMaker(
            p.GetRequiredService<RelayDatabase>(), p.GetRequiredService<LedgerCheckpoints>(), p.GetRequiredService<OrganisationKeys>(), p.GetRequiredService<IObjectStore>(),
            p.GetRequiredService<ObjectStorageOptions>(), p.GetRequiredService<Catalogues>(), p.GetRequiredService<ReportPins>(), p.GetRequiredService<BundleRecordings>(),
            p.GetRequiredService<IReportPdf>(), p.GetRequiredService<ReportsOptions>(), p.GetRequiredService<ReplicaName>(),
            p.GetRequiredService<DataDirectory>().At("scratch"), p.GetRequiredService<TimeProvider>()));
        services.AddSingleton<ReportRequests>();
        services.AddSingleton<ReportDownloads>();
        services.AddRelayConsumer<MakeReport, ReportRequested>("reports.make");
        return services;
    }
}
