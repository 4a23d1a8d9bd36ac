using System.Text;
using System.Text.Json.Nodes;
using OpenOva.Relay.Evidence.Json;

namespace OpenOva.Relay.Evidence.Tests.Json;

[Trait("Kind", "Fast")]
public sealed class CanonicalJsonTests
{
    // RFC 8785 section 3.2.3's sorting example, and the strings of section 3.2.2.2.
    [Theory]
    [InlineData("""{"\u20ac":"Euro Sign","\r":"Carriage Return","\ufb33":"Hebrew Letter Dalet With Dagesh","1":"One","\ud83d\ude00":"Emoji: Grinning Face","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis"}""",
        "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\u0080\":\"Control\",\"\u00f6\":\"Latin Small Letter O With Diaeresis\",\"\u20ac\":\"Euro Sign\",\"\U0001f600\":\"Emoji: Grinning Face\",\"\ufb33\":\"Hebrew Letter Dalet With Dagesh\"}")]
    [InlineData("""{"string":"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/"}""", "{\"string\":\"\u20ac$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}")]
    [InlineData("""{"literals": [null, true, false]}""", """{"literals":[null,true,false]}""")]
    [InlineData(""" [56, {"d": true, "10": null, "1": []}] """, """[56,{"1":[],"10":null,"d":true}]""")]
    [InlineData("\"<script>&+\u007f\u2028\"", "\"<script>&+\u007f\u2028\"")]
    [InlineData("""[9007199254740991,-9007199254740991,0]""", """[9007199254740991,-9007199254740991,0]""")]
    public void Encode_Rfc8785Vector_GivesItsForm(string source, string canonical)
    {
        var encoded = CanonicalJson.Encode(JsonNode.Parse(source));

        Assert.Equal(canonical, Encoding.UTF8.GetString(encoded));
        Assert.Equal(encoded, CanonicalJson.Encode(CanonicalJson.Parse(encoded, "it")));
    }

    [Theory]
    [InlineData("1.0")]
    [InlineData("1.5")]
    [InlineData("1e2")]
    [InlineData("1E0")]
    [InlineData("-0")]
    [InlineData("01")]
    [InlineData("+1")]
    [InlineData("9007199254740992")]
    [InlineData("-9007199254740992")]
    [InlineData("99999999999999999999999999")]
    [InlineData("NaN")]
    [InlineData("{\"a\":1,\"a\":1}")]
    [InlineData("{\"a\":1,\"\\u0061\":1}")]
    [InlineData("{\"\\ud800\":1,\"\\ud800\":2}")]
    [InlineData("{\"b\":1,\"a\":1}")]
    [InlineData("{\"\ufb33\":1,\"\U0001f600\":1}")]
    [InlineData("\"\\ud800\"")]
    [InlineData("\"\\udc00\\ud800\"")]
    [InlineData("{\"\\ud800\":1}")]
    [InlineData("\"\\u0061\"")]
    [InlineData("\"\\u000A\"")]
    [InlineData("\"\\u000a\"")]
    [InlineData("\"\\u001F\"")]
    [InlineData("\"\\/\"")]
    [InlineData("\"\t\"")]
    [InlineData("\ufeff1")]
    [InlineData(" 1")]
    [InlineData("1 ")]
    [InlineData("1\n")]
    [InlineData("[1, 2]")]
    [InlineData("[1,]")]
    [InlineData("1 2")]
    [InlineData("")]
    [InlineData("{\"a\":1}\0")]
    [InlineData("/**/1")]
    [InlineData("'a'")]
    public void Parse_NotCanonical_IsRefused(string json) =>
        Assert.Throws<EvidenceFormatException>(() => CanonicalJson.Parse(Encoding.UTF8.GetBytes(json), "it"));

    [Theory]
    [InlineData(new byte[] { 0x22, 0x80, 0x22 })]
    [InlineData(new byte[] { 0x22, 0xC0, 0xAF, 0x22 })]
    [InlineData(new byte[] { 0x22, 0xED, 0xA0, 0x80, 0x22 })]
    [InlineData(new byte[] { 0x22, 0xF4, 0x90, 0x80, 0x80, 0x22 })]
    [InlineData(new byte[] { 0x7B, 0x22, 0xFF, 0x22, 0x3A, 0x31, 0x7D })]
    [InlineData(new byte[] { 0x7B, 0x22, 0xFF, 0x22, 0x3A, 0x31, 0x2C, 0x22, 0xFF, 0x22, 0x3A, 0x31, 0x7D })]
    public void Parse_InvalidUtf8_IsRefused(byte[] json) => Assert.Throws<EvidenceFormatException>(() => CanonicalJson.Parse(json, "it"));

    [Fact]
    public void Depth_64_IsTheLast()
    {
        static byte[] Nested(int depth) => Encoding.ASCII.GetBytes(new string('[', depth) + new string(']', depth));
        Assert.Equal(Nested(64), CanonicalJson.Encode(CanonicalJson.Parse(Nested(64), "it")));
        Assert.Throws<EvidenceFormatException>(() => CanonicalJson.Parse(Nested(65), "it"));
        Assert.Throws<EvidenceFormatException>(() => CanonicalJson.Parse(Nested(100_000), "it"));
        var node = new JsonArray();
        for (var i = 0; i < 64; i++) node = new JsonArray(node);
        Assert.Throws<EvidenceFormatException>(() => CanonicalJson.Encode(node));
    }

    [Fact]
    public void Encode_NotAnIntegerOrLoneSurrogate_IsRefused()
    {
        foreach (var node in (JsonNode[])[JsonValue.Create(1.5), JsonValue.Create(1m), JsonValue.Create(CanonicalJson.MaxInteger + 1), JsonValue.Create("\ud800"), new JsonObject { ["\udc00"] = 1 }])
            Assert.Throws<EvidenceFormatException>(() => CanonicalJson.Encode(node));
    }

    [Fact]
    public void Encode_RandomValues_ReadBackTheSame()
    {
        var random = new Random(8785);
        for (var i = 0; i < 2_000; i++)
        {
            var value = RandomValue(random, 4);
            var encoded = CanonicalJson.Encode(value);
            var read = CanonicalJson.Parse(encoded, "it");

            Assert.Equal(encoded, CanonicalJson.Encode(read));
            Assert.True(JsonNode.DeepEquals(value, JsonNode.Parse(encoded)));
        }
    }

    private static JsonNode? RandomValue(Random random, int depth) => random.Next(depth > 0 ? 7 : 5) switch
    {
        0 => null,
        1 => random.Next(2) == 0,
        2 => random.NextInt64(-CanonicalJson.MaxInteger, CanonicalJson.MaxInteger + 1),
        3 => random.Next(-10, 10),
        4 => RandomText(random),
        5 => new JsonArray([.. Enumerable.Range(0, random.Next(5)).Select(_ => RandomValue(random, depth - 1))]),
        _ => new JsonObject(Enumerable.Range(0, random.Next(5)).Select(_ => RandomText(random)).Distinct().Select(name => KeyValuePair.Create(name, RandomValue(random, depth - 1)))),
    };

    private static string RandomText(Random random) => string.Concat(Enumerable.Range(0, random.Next(8)).Select(_ => random.Next(5) switch
    {
        0 => new Rune(random.Next(0x20)),
        1 => new Rune("\"\\/\u007f\u0080\u2028\ufb33\ufffe"[random.Next(8)]),
        2 => new Rune(random.Next(0x10000, 0x110000)),
        _ => new Rune(random.Next(0x20, 0xD800)),
    }));
}
