using System.Globalization;
using System.Text;
using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace OpenOva.Relay.Telemetry;

/// <summary>
/// Writes metrics in Prometheus' text format 0.0.4 when asked:
/// <code>
/// # HELP guacamole_active_sessions Sessions open on this replica.
/// # TYPE guacamole_active_sessions gauge
/// guacamole_active_sessions{protocol="rdp"} 3
/// </code>
/// https://prometheus.io/docs/instrumenting/exposition_formats/
/// </summary>
internal sealed class PrometheusExporter : BaseExporter<Metric>
{
    private readonly Lock _scraping = new();
    private readonly StringBuilder _text = new();
    private BaseExportingMetricReader? _reader;

    /// <summary>The reader to give to the meter provider.</summary>
    public BaseExportingMetricReader CreateReader() =>
        _reader = new BaseExportingMetricReader(this) { TemporalityPreference = MetricReaderTemporalityPreference.Cumulative };

    public string Scrape()
    {
        lock (_scraping)
        {
            _text.Clear();
            _reader?.Collect(5000);
            return _text.ToString();
        }
    }

    public override ExportResult Export(in Batch<Metric> batch)
    {
        foreach (var metric in batch) Write(metric);
        return ExportResult.Success;
    }

    private void Write(Metric metric)
    {
        var monotonic = metric.MetricType is MetricType.LongSum or MetricType.DoubleSum;
        var name = Name(metric.Name);
        if (monotonic && !name.EndsWith("_total", StringComparison.Ordinal)) name += "_total";
        var type = metric.MetricType == MetricType.Histogram ? "histogram" : monotonic ? "counter" : "gauge";
        _text.Append("# HELP ").Append(name).Append(' ').Append(metric.Description.Replace("\\", "\\\\").Replace("\n", "\\n")).Append('\n');
        _text.Append("# TYPE ").Append(name).Append(' ').Append(type).Append('\n');
        foreach (ref readonly var point in metric.GetMetricPoints())
        {
            var labels = Labels(point.Tags);
            switch (metric.MetricType)
            {
                case MetricType.LongSum or MetricType.LongSumNonMonotonic:
                    Line(name, labels, "", point.GetSumLong());
                    break;
                case MetricType.DoubleSum or MetricType.DoubleSumNonMonotonic:
                    Line(name, labels, "", point.GetSumDouble());
                    break;
                case MetricType.LongGauge:
                    Line(name, labels, "", point.GetGaugeLastValueLong());
                    break;
                case MetricType.DoubleGauge:
                    Line(name, labels, "", point.GetGaugeLastValueDouble());
                    break;
                case MetricType.Histogram:
                    Histogram(name, labels, point);
                    break;
            }
        }
    }

    private void Histogram(string name, string labels, in MetricPoint point)
    {
        var below = 0L;
        foreach (var bucket in point.GetHistogramBuckets())
        {
            below += bucket.BucketCount;
            Line(name + "_bucket", labels, $"le=\"{Number(bucket.ExplicitBound)}\"", below);
        }

        Line(name + "_sum", labels, "", point.GetHistogramSum());
        Line(name + "_count", labels, "", point.GetHistogramCount());
    }

    private void Line(string name, string labels, string label, double value)
    {
        _text.Append(name);
        if (labels.Length + label.Length > 0)
        {
            _text.Append('{').Append(labels);
            if (labels.Length > 0 && label.Length > 0) _text.Append(',');
            _text.Append(label).Append('}');
        }

        _text.Append(' ').Append(Number(value)).Append('\n');
    }

    private static string Labels(ReadOnlyTagCollection tags)
    {
        var labels = new StringBuilder();
        foreach (var (key, value) in tags)
        {
            if (labels.Length > 0) labels.Append(',');
            var text = Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
            labels.Append(Name(key)).Append("=\"").Append(text.Replace("\\", "\\\\").Replace("\"", "\\\"").Replace("\n", "\\n")).Append('"');
        }

        return labels.ToString();
    }

    private static string Name(string name) =>
        string.Create(name.Length, name, (to, from) =>
        {
            for (var i = 0; i < from.Length; i++) to[i] = char.IsAsciiLetterOrDigit(from[i]) || from[i] == '_' ? from[i] : '_';
        });

    private static string Number(double value) =>
        double.IsPositiveInfinity(value) ? "+Inf" : double.IsNegativeInfinity(value) ? "-Inf" : value.ToString("R", CultureInfo.InvariantCulture);
}
