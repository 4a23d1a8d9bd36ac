using System.Text;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.Extensions.Logging.Abstractions;

namespace OpenOva.Relay.Pages.Frame;

/// <summary>Renders a page on the server; it holds no script and no style of its own, so that the pages' content security policy allows none.</summary>
internal static class PageRenderer
{
    /// <param name="frame">What stands around it.</param>
    /// <param name="models">What the component injects, by type: its parameters would have to be public types.</param>
    public static IResult Page<TBody>(PageFrame frame, params object[] models)
        where TBody : IComponent => new Rendered(typeof(TBody), frame, models, StatusCodes.Status200OK);

    public static IResult Page<TBody>(PageFrame frame, int status, params object[] models)
        where TBody : IComponent => new Rendered(typeof(TBody), frame, models, status);

    private sealed class Rendered(Type body, PageFrame frame, object[] models, int status) : IResult
    {
        public async Task ExecuteAsync(HttpContext context)
        {
            var services = new ServiceCollection().AddSingleton(frame).AddSingleton(new PageBody(body));
            foreach (var model in models) services.AddSingleton(model.GetType(), model);
            await using var provider = services.BuildServiceProvider();
            await using var renderer = new HtmlRenderer(provider, NullLoggerFactory.Instance);
            var html = await renderer.Dispatcher.InvokeAsync(async () => (await renderer.RenderComponentAsync<Shell>(ParameterView.Empty)).ToHtmlString());
            context.Response.StatusCode = status;
            context.Response.ContentType = "text/html; charset=utf-8";
            context.Response.Headers.CacheControl = "no-store";
            await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes($"<!DOCTYPE html>\n{html}"), context.RequestAborted);
        }
    }
}

/// <summary>Which component is the page.</summary>
internal sealed record PageBody(Type Component);
